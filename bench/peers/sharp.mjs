// sharp as a peer. The first argument is `default` or `mozjpeg`; then
//   version
//   raw PIXELS WIDTH HEIGHT QUALITY…   8-bit RGB in, QUALITY.jpg beside it
//   file INPUT OUTPUT QUALITY TIMES    any picture in, transparency on white, as often as TIMES says
import { dirname, join } from 'node:path';
import sharp from 'sharp';

const [mode, task, ...rest] = process.argv.slice(2);
const jpeg = (quality) => ({ quality: Number(quality), mozjpeg: mode === 'mozjpeg' });

if (task === 'version') {
  console.log(`sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`);
} else if (task === 'raw') {
  const [pixels, width, height, ...qualities] = rest;
  const { readFileSync } = await import('node:fs');
  const input = readFileSync(pixels);
  const raw = { width: Number(width), height: Number(height), channels: 3 };
  for (const quality of qualities) {
    await sharp(input, { raw }).jpeg(jpeg(quality)).toFile(join(dirname(pixels), `${quality}.jpg`));
  }
} else {
  const [input, output, quality, times] = rest;
  sharp.cache(false);
  for (let time = 0; time < Number(times); time += 1) {
    await sharp(input).flatten({ background: '#ffffff' }).jpeg(jpeg(quality)).toFile(output);
  }
}
