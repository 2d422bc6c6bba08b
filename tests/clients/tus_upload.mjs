// Sends one file with tus-js-client and says what happens, a line of JSON each time.
// node tus_upload.mjs ENDPOINT KEY FILE STORE [CHUNK_BYTES]; STORE remembers where it was between two processes.
import { createReadStream } from 'node:fs'
import * as tus from 'tus-js-client'

const [endpoint, key, file, store, chunkBytes] = process.argv.slice(2)
const tell = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }))

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  chunkSize: chunkBytes ? Number(chunkBytes) : Number.POSITIVE_INFINITY,
  headers: { Authorization: `Bearer ${key}` },
  metadata: { consent: 'true', filename: 'Memo übers Meer.wav', filetype: 'audio/wav' },
  retryDelays: Array(200).fill(100),
  urlStorage: new tus.FileUrlStorage(store),
  removeFingerprintOnSuccess: true,
  onUploadUrlAvailable: () => tell('begun', { url: upload.url }),
  onShouldRetry: (error) => {
    const status = error.originalResponse?.getStatus() ?? 0
    tell('cut', { status })
    return status < 400 || status >= 500 || status === 409 || status === 423
  },
  onSuccess: ({ lastResponse }) => tell('done', { interview: lastResponse.getHeader('Candid-Interview') }),
  onError: (error) => {
    tell('failed', { reason: String(error) })
    process.exitCode = 1
  },
})

const [previous] = await upload.findPreviousUploads()
if (previous) upload.resumeFromPreviousUpload(previous)
upload.start()
