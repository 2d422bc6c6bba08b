// What page.html does: sends the chosen file with Uppy, names the interview, and says what happens, on the page and
// on its console, a line of JSON each time. Opened with #endpoint=...&key=... and, to send in chunks, &chunk=BYTES.
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'

const told = new URLSearchParams(location.hash.slice(1))
const endpoint = told.get('endpoint')
const headers = { Authorization: `Bearer ${told.get('key')}` }
const [consent, chosen, progress, said] = document.querySelectorAll('#consent, #file, #progress, #said')

function tell(event, facts = {}) {
  said.textContent = [event, ...Object.values(facts)].join(' ')
  console.log(JSON.stringify({ event, ...facts }))
}

async function able() {
  const spoken = (await fetch(endpoint, { method: 'OPTIONS' })).headers
  tell('able', { version: spoken.get('Tus-Version'), extensions: spoken.get('Tus-Extension') })
  return Number(spoken.get('Tus-Max-Size'))
}

async function name(interview, title) {
  const place = new URL(interview, endpoint)
  const made = await fetch(place, { headers })
  const named = await fetch(place, {
    method: 'PATCH',
    headers: { ...headers, 'Content-Type': 'application/json', 'If-Match': made.headers.get('ETag') },
    body: JSON.stringify({ title }),
  })
  tell('named', { status: named.status, title: (await named.json()).title, rate: named.headers.get('RateLimit') })
}

const problemOf = (response) => JSON.parse(response?.body.xhr.responseText || '{}')

try {
  const uppy = new Uppy({ autoProceed: true, restrictions: { maxFileSize: await able() } }).use(Tus, {
    endpoint,
    headers,
    chunkSize: Number(told.get('chunk') ?? Number.POSITIVE_INFINITY),
    retryDelays: Array(200).fill(100),
    removeFingerprintOnSuccess: true,
    onBeforeRequest: (request) =>
      tell('asked', { method: request.getMethod(), at: request.getHeader('Upload-Offset') }),
    onAfterResponse: (request, response) =>
      tell('answered', { method: request.getMethod(), at: response.getHeader('Upload-Offset') }),
    onShouldRetry: (error, _attempt, _options, byDefault) => {
      tell('cut', { status: error.originalResponse?.getStatus() ?? 0 })
      return byDefault(error)
    },
  })
  uppy.on('upload-progress', (_file, { bytesUploaded, bytesTotal }) => {
    progress.value = bytesUploaded / bytesTotal
  })
  uppy.on('upload-success', async (file, response) => {
    const interview = response.body.xhr.getResponseHeader('Candid-Interview')
    await name(interview, file.name)
    tell('done', { interview })
  })
  uppy.on('upload-error', (_file, error, response) => tell('failed', { reason: String(error), ...problemOf(response) }))
  chosen.addEventListener('change', () => {
    uppy.setMeta({ consent: String(consent.checked) })
    for (const file of chosen.files) uppy.addFile(file)
  })
  tell('opened')
} catch (error) {
  tell('failed', { reason: String(error) })
}
