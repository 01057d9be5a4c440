'use strict';
(() => {
  const search = document.getElementById('search');
  if (!search) return;
  const boxes = [...document.querySelectorAll('input[name=severity]')];
  const findings = [...document.querySelectorAll('.finding')];
  const count = document.getElementById('count');
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const finding of findings) {
      const { severity, search: text } = finding.dataset;
      finding.hidden = !levels.has(severity) || !words.every((word) => text.includes(word));
      shown += finding.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${findings.length} findings`;
  };
  // A link of the table names words to search for; one of a root cause names a finding.
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (hash.startsWith('?')) {
      search.value = hash.slice(1);
      filter();
      document.getElementById('findings').scrollIntoView();
    } else if (hash.startsWith('f-')) {
      const finding = document.getElementById(hash);
      if (!finding) return;
      search.value = '';
      for (const box of boxes) box.checked = true;
      filter();
      finding.open = true;
      finding.scrollIntoView();
    }
  };
  search.form.addEventListener('submit', (event) => event.preventDefault());
  search.addEventListener('input', filter);
  for (const box of boxes) box.addEventListener('change', filter);
  addEventListener('hashchange', follow);
  // What is printed is printed whole.
  addEventListener('beforeprint', () => { for (const finding of findings) finding.open = !finding.hidden; });
  filter();
  follow();
})();
