// Opens the page in a headless Chromium and chooses a file in it; what the page says comes out here, line by line.
// node browser.mjs CHROMIUM PROFILE PAGE FILE [disagreed]; SIGHUP loads the page anew and chooses the file again.
import puppeteer from 'puppeteer-core'

const [executablePath, userDataDir, address, file, disagreed] = process.argv.slice(2)
// Chromium has no sandbox for root. Over a pipe it ends with this process, however that ends.
const args = process.getuid() === 0 ? ['--no-sandbox'] : []
const ends = { pipe: true, handleSIGHUP: false }
const browser = await puppeteer.launch({ executablePath, userDataDir, args, ...ends })
const page = await browser.newPage()
// A line on which there is time to cut: 8 MiB/s up.
await page.emulateNetworkConditions({ upload: 8 * 1024 * 1024, download: -1, latency: 0 })

async function choose() {
  if (!disagreed) await page.click('#consent')
  await (await page.$('#file')).uploadFile(file)
}

async function end(code) {
  await browser.close()
  process.exit(code)
}

const reactions = { opened: choose, done: () => end(0), failed: () => end(1) }

page.on('pageerror', (error) => console.log(String(error)))
page.on('console', (message) => {
  const line = message.text()
  console.log(line)
  if (line.startsWith('{')) reactions[JSON.parse(line).event]?.()
})
process.on('SIGHUP', () => page.reload())
await page.goto(address)
