// sharp as a peer. The first argument is `default` or `mozjpeg`, or another format: `webp`, `avif`, `png`; then
//   version
//   raw PIXELS WIDTH HEIGHT QUALITY…   8-bit RGB in, QUALITY.jpg beside it
//   file INPUT OUTPUT QUALITY TIMES    any picture in, transparency on white, as often as TIMES says
import { dirname, join } from 'node:path';
import sharp from 'sharp';

const [mode, task, ...rest] = process.argv.slice(2);
// One thread, as for the others.
sharp.concurrency(1);
const encoded = (image, quality) => {
  if (mode === 'png') return image.png();
  if (mode === 'webp' || mode === 'avif') return image[mode]({ quality: Number(quality) });
  return image.jpeg({ quality: Number(quality), mozjpeg: mode === 'mozjpeg' });
};
// Only a JPEG has no transparency.
const flat = (image) => (mode === 'png' ? image : image.flatten({ background: '#ffffff' }));

if (task === 'version') {
  console.log(`sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`);
} else if (task === 'raw') {
  const [pixels, width, height, ...qualities] = rest;
  const { readFileSync } = await import('node:fs');
  const input = readFileSync(pixels);
  const raw = { width: Number(width), height: Number(height), channels: 3 };
  for (const quality of qualities) {
    await encoded(sharp(input, { raw }), quality).toFile(join(dirname(pixels), `${quality}.jpg`));
  }
} else {
  const [input, output, quality, times] = rest;
  sharp.cache(false);
  for (let time = 0; time < Number(times); time += 1) {
    await encoded(flat(sharp(input)), quality).toFile(output);
  }
}
