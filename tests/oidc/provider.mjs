// An issuer that is not ours: oidc-provider, with TLS, on the loopback: node provider.mjs CERTIFICATE KEY. Each line of standard input names the keys of its set from then
// on, `rs-...` for RS256 and `es-...` for ES256; a name it knows is the same key as before; the first of an algorithm signs. Each is answered by a line with the issuer.
// Standard input's end is its own.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createInterface } from 'node:readline'

import Provider from 'oidc-provider'

const makers = {
  rs: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  es: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}
const made = new Map()
const keyNamed = (kid) => {
  const kind = kid.split('-')[0]
  if (!made.has(kid)) made.set(kid, { ...makers[kind]().privateKey.export({ format: 'jwk' }), kid, alg: kind.toUpperCase() + '256', use: 'sig' })
  return made.get(kid)
}

// Which algorithm an API's access tokens are signed with (RFC 8707 names the API, RFC 9068 is the form).
const algorithms = { 'https://orders.example.com': 'RS256', 'https://payments.example.com': 'ES256' }

const makeProvider = (issuer, kids) =>
  new Provider(issuer, {
    jwks: { keys: kids.map(keyNamed) },
    clients: [
      {
        client_id: 'shop',
        client_secret: 'a-secret-of-the-test',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          audience: resource,
          scope: 'orders.read',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: algorithms[resource] } },
        }),
      },
    },
  }).callback()

console.info = console.error // where oidc-provider notes things; standard output is for answers
const [certificate, key] = process.argv.slice(2).map((file) => readFileSync(file))
let answer
const server = createServer({ cert: certificate, key }, (request, response) => answer(request, response))
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      answer = makeProvider(issuer, line.split(' '))
      console.log(issuer)
    })
    .on('close', () => process.exit(0))
})
