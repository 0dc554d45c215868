// What a page must keep at every width; each function answers the offenders as short texts.
;(() => {
  const TOUCH_PX = 44
  const NARROW_PX = 0.5 // what rounding of fractions may take

  const describe = (node) => {
    const words = (node.getAttribute('aria-label') || node.innerText || node.name || '').trim().replace(/\s+/g, ' ').slice(0, 40)
    const { width, height } = node.getBoundingClientRect()
    return `${node.tagName.toLowerCase()}.${[...node.classList].join('.')} "${words}" ${width.toFixed(1)}x${height.toFixed(1)}`
  }

  const isVisible = (node) =>
    node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, contentVisibilityAuto: true }) && node.getBoundingClientRect().width > 1

  const wide = () => {
    const root = document.documentElement
    const offenders = root.scrollWidth > root.clientWidth ? [`the page ${root.scrollWidth} > ${root.clientWidth}`] : []
    // a pane that hides what sticks out does not scroll, but the reader cannot reach it either
    for (const node of document.querySelectorAll('#app *')) {
      const { overflowX, overflowY } = getComputedStyle(node)
      if (overflowX === 'hidden' && (overflowY === 'auto' || overflowY === 'scroll') && node.scrollWidth > node.clientWidth + 1) {
        offenders.push(`${describe(node)}: ${node.scrollWidth} > ${node.clientWidth}`)
      }
    }
    return offenders
  }

  // A link in a running sentence is as tall as its line: WCAG 2.5.8 names the exception.
  const isInSentence = (node) => {
    if (node.tagName !== 'A' || getComputedStyle(node).display !== 'inline') return false
    const around = node.parentElement?.innerText ?? ''
    return ['P', 'LI', 'DD', 'TD'].includes(node.parentElement?.tagName ?? '') && around.trim().length > node.innerText.trim().length
  }

  const targetOf = (node) => {
    if (node.tagName === 'INPUT' && (node.type === 'radio' || node.type === 'checkbox')) return node.closest('label') ?? node
    // a name whose tap area is the whole row
    if (getComputedStyle(node, '::after').position === 'absolute') {
      let around = node
      while (around && getComputedStyle(around).position === 'static') around = around.parentElement
      return around ?? node
    }
    return node
  }

  const small = () => {
    const nodes = document.querySelectorAll('a[href], button, input, select, textarea, [role="button"], [role="tab"]')
    return [...nodes]
      .filter((node) => !node.disabled && !isInSentence(node))
      .map(targetOf)
      .filter((node) => isVisible(node) && !node.classList.contains('skip'))
      .filter((node) => {
        const { width, height } = node.getBoundingClientRect()
        return width < TOUCH_PX - NARROW_PX || height < TOUCH_PX - NARROW_PX
      })
      .map(describe)
  }

  // Words no reader should meet: values that were not there, and names of sentences that were not found.
  const ODD = /\bundefined\b|\bNaN\b|\bnull\b|\[object |\bInvalid Date\b|\{\w+\}|\b(?:centers|common|state|problems|shell|tasks|customers|marketing|identity)\.\w[\w.]*/g
  const odd = () => {
    const labels = [...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((node) =>
      ['aria-label', 'placeholder', 'title'].map((name) => node.getAttribute(name) ?? ''))
    const links = [...document.querySelectorAll('a[href]')].map((node) => node.getAttribute('href'))
    return [document.title, document.body.innerText, ...labels, ...links].flatMap((text) => text.match(ODD) ?? [])
  }

  window.haoyouChecks = { wide, small, odd }
})()
