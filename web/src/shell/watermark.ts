const SVG = 'http://www.w3.org/2000/svg'
const ID = 'haoyou-watermark'
/** A removed or hidden mark is back within this time even where no mutation tells of it. */
const CHECK_EVERY_MS = 500
const TILE_WIDTH_PX = 300
const TILE_HEIGHT_PX = 170
const STYLE =
  'position:fixed!important;inset:0!important;width:100vw!important;height:100vh!important;z-index:9999!important;pointer-events:none!important;' +
  'display:block!important;visibility:visible!important;opacity:1!important;transform:none!important;clip-path:none!important;user-select:none'

const element = (name: string, attributes: Record<string, string>): SVGElement => {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

const build = (text: string): SVGElement => {
  const svg = element('svg', { id: ID, style: STYLE, 'aria-hidden': 'true', focusable: 'false' })
  const pattern = element('pattern', {
    id: `${ID}-tile`,
    width: String(TILE_WIDTH_PX),
    height: String(TILE_HEIGHT_PX),
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(-22)',
  })
  for (const [x, y] of [[0, 40], [TILE_WIDTH_PX / 5, 40 + TILE_HEIGHT_PX / 2]]) {
    const line = element('text', { x: String(x), y: String(y), 'font-size': '13', fill: 'var(--watermark)' })
    line.textContent = text
    pattern.append(line)
  }
  const defs = element('defs', {})
  defs.append(pattern)
  svg.append(defs, element('rect', { width: '100%', height: '100%', fill: `url(#${ID}-tile)` }))
  return svg
}

let drawn = ''

/** Puts the mark on the page anew with this text. */
export const drawWatermark = (text: string): void => {
  drawn = text
  document.getElementById(ID)?.remove()
  document.body.append(build(text))
}

const isWhole = (): boolean => {
  const mark = document.getElementById(ID)
  return (
    mark?.parentElement === document.body &&
    mark.getAttribute('style') === STYLE &&
    mark.getAttribute('class') === null &&
    !mark.hasAttribute('hidden') &&
    mark.querySelector('text')?.textContent === drawn
  )
}

/** Keeps the mark on the page until the returned function is called. */
export const keepWatermark = (textNow: () => string): (() => void) => {
  const check = (): void => {
    if (!isWhole()) drawWatermark(textNow())
  }
  check()
  const observer = new MutationObserver(check)
  observer.observe(document.body, { childList: true })
  const timer = setInterval(check, CHECK_EVERY_MS)
  return () => {
    observer.disconnect()
    clearInterval(timer)
    document.getElementById(ID)?.remove()
  }
}
