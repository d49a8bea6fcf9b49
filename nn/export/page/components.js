// Connected components by runs. A port of nn/reading/components.py.

/**
 * Number the 8-connected components of a mask: labels from 1 (0 outside) in reading order, and
 * how many there are.
 */
export function label(mask, height, width) {
  const runs = [];
  const parent = [];
  const root = (k) => {
    while (parent[k] !== k) k = parent[k] = parent[parent[k]];
    return k;
  };
  let above = 0; // the first run of the row above
  for (let y = 0; y < height; y++) {
    const begin = runs.length;
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      const start = x;
      while (x < width && mask[y * width + x]) x++;
      const number = runs.length;
      runs.push({ row: y * width, start, end: x });
      parent.push(number);
      for (let k = above; k < begin; k++) {
        if (runs[k].end < start || runs[k].start > x) continue;
        const [a, b] = [root(k), root(number)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
    above = begin;
  }
  const labels = new Int32Array(height * width);
  const numbers = new Map();
  runs.forEach(({ row, start, end }, k) => {
    const top = root(k);
    if (!numbers.has(top)) numbers.set(top, numbers.size + 1);
    labels.fill(numbers.get(top), row + start, row + end);
  });
  return { labels, count: numbers.size };
}
