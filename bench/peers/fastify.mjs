// A server of the kind that imgpress takes the place of: Fastify, @fastify/multipart and sharp, all as they are by
// default. The one argument is the port.
//   GET  /version                 what it is made of
//   POST /compress?quality=1…100  an image in the multipart field `image`; answers the JPEG's bytes
// Nothing is written to disk and nothing is logged, as with imgpress's `store=false` and its log switched off.
import { createRequire } from 'node:module';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';
import sharp from 'sharp';

const { version: multipartVersion } = createRequire(import.meta.url)('@fastify/multipart/package.json');
const server = Fastify();
await server.register(multipart, { limits: { files: 1, fileSize: 50 * 1024 * 1024 } });

server.get('/version', async () =>
  [
    `Node.js ${process.versions.node}`,
    `fastify ${server.version}`,
    `@fastify/multipart ${multipartVersion}`,
    `sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`,
  ].join(', '),
);

server.post('/compress', async (request, reply) => {
  const quality = Number(request.query.quality ?? 80);
  const file = await request.file();
  if (file?.fieldname !== 'image') {
    return reply.code(400).send({ error: 'there is no image in the field `image`' });
  }
  const jpeg = await sharp(await file.toBuffer())
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .jpeg({ quality, mozjpeg: true })
    .toBuffer();
  return reply.type('image/jpeg').send(jpeg);
});

await server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
