// The Node peers, one process each: node peers.mjs PEER WORKLOAD. It reads the workload and speaks the lines that peer.h tells of.
//
// Each token is a new string every time that it is presented, as it would be out of an HTTP header: V8 keeps a string's hash with the string, so presenting the same
// object again would give a cache that is keyed by tokens a speed that it has in no service.
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const [name, file] = process.argv.slice(2)
const { policy, keys, cache_room, sets } = JSON.parse(readFileSync(file, 'utf8'))
for (const [set, tokens] of Object.entries(sets)) sets[set] = tokens.map((token) => Buffer.from(token, 'latin1'))

const versionOf = (module) => JSON.parse(readFileSync(new URL(`node_modules/${module}/package.json`, import.meta.url), 'utf8')).version
const hasScope = (payload) => typeof payload.scope === 'string' && payload.scope.split(' ').includes(policy.scope)
const knows = (algorithms) => keys.filter(({ algorithm }) => algorithms.includes(algorithm))

// jose: a local JWK set, which imports each key once and chooses by kid. WebCrypto works on libuv's threads, so a call waits for another thread; many calls are
// kept under way at once (`concurrent`), as a server would, and as many as assayd gets.
const jose = async () => {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const algorithms = ['RS256', 'ES256', 'EdDSA']
  const set = createLocalJWKSet({ keys: knows(algorithms).map(({ jwk }) => jwk) })
  const options = { algorithms, issuer: policy.issuer, audience: policy.audience, clockTolerance: policy.skew_s, requiredClaims: ['exp'] }
  const concurrent = async (token) => {
    const { payload } = await jwtVerify(token, set, options)
    return hasScope(payload) ? payload.sub : undefined
  }
  return { version: versionOf('jose'), algorithms, concurrent }
}

// jsonwebtoken: KeyObjects made once (it would parse a PEM for each token). The key is chosen by its documented callback, which gets the parsed header; with one
// that answers at once, verify runs to its end before it returns. It knows no EdDSA.
const jsonwebtoken = () => {
  const jwt = require('jsonwebtoken')
  const algorithms = ['RS256', 'ES256']
  const byKid = new Map(knows(algorithms).map((key) => [key.kid, { algorithm: key.algorithm, object: createPublicKey(key.pem) }]))
  const options = { algorithms, issuer: policy.issuer, audience: policy.audience, clockTolerance: policy.skew_s }
  const chooseKey = (header, done) => {
    const key = byKid.get(header.kid)
    if (key?.algorithm === header.alg) done(null, key.object)
    else done(new Error('no such key'))
  }
  let subject
  const take = (error, payload) => {
    subject = !error && payload.exp !== undefined && hasScope(payload) ? payload.sub : undefined
  }
  const now = (token) => {
    jwt.verify(token, chooseKey, options, take)
    return subject
  }
  return { version: versionOf('jsonwebtoken'), algorithms, now }
}

// fast-jwt: one synchronous verifier per key (with a function for a key it works with promises and parses the PEM for each token). Verifiers are found by the text of
// the header, which an issuer writes the same way for every token of a key: it is parsed once, and remembered only if it named a key.
const fastJwt = (extra) => () => {
  const { createVerifier } = require('fast-jwt')
  const algorithms = ['RS256', 'ES256', 'EdDSA']
  const byKid = new Map(
    knows(algorithms).map(({ kid, algorithm, pem }) => [
      kid,
      createVerifier({
        key: pem,
        algorithms: [algorithm],
        allowedIss: policy.issuer,
        allowedAud: policy.audience,
        clockTolerance: 1000 * policy.skew_s,
        requiredClaims: ['exp', 'iss', 'aud'],
        ...extra
      })
    ])
  )
  const byHeader = new Map()
  const verifierOf = (token) => {
    const header = token.slice(0, token.indexOf('.'))
    let verify = byHeader.get(header)
    if (!verify) {
      verify = byKid.get(JSON.parse(Buffer.from(header, 'base64url').toString()).kid)
      if (verify && byHeader.size < 1000) byHeader.set(header, verify)
    }
    return verify
  }
  const now = (token) => {
    const payload = verifierOf(token)(token)
    return hasScope(payload) ? payload.sub : undefined
  }
  return { version: versionOf('fast-jwt'), algorithms, now, cache: extra.cache !== undefined }
}

const makers = {
  jose,
  jsonwebtoken,
  'fast-jwt': fastJwt({}),
  // Its cache, as it is, which hashes each token for its key; and with the token itself for a key, which its README gives for speed.
  'fast-jwt cache': fastJwt({ cache: cache_room }),
  'fast-jwt cache, whole tokens': fastJwt({ cache: cache_room, cacheKeyBuilder: (token) => token })
}

const peer = await makers[name]()
const write = (answer) => process.stdout.write(JSON.stringify(answer) + '\n')

const acceptsNow = (token) => {
  try {
    return peer.now(token.toString('latin1')) === policy.subject
  } catch {
    return false
  }
}
const acceptsSoon = async (token) => {
  try {
    return (await peer.concurrent(token.toString('latin1'))) === policy.subject
  } catch {
    return false
  }
}
const judge = (tokens) => (peer.now ? tokens.map(acceptsNow) : Promise.all(tokens.map(acceptsSoon)))

// Tokens between two looks at the clock; for `concurrent` also how many are under way at once.
const perLook = 64
const next = {}
const run = async (set, seconds) => {
  const tokens = sets[set]
  let at = next[set] ?? 0
  const counts = { accepted: 0, refused: 0 }
  const end = performance.now() + 1000 * seconds
  do {
    const batch = []
    for (let i = 0; i < perLook; ++i) {
      batch.push(tokens[at])
      if (++at === tokens.length) at = 0
    }
    for (const accepted of peer.now ? judge(batch) : await judge(batch)) ++counts[accepted ? 'accepted' : 'refused']
  } while (performance.now() < end)
  next[set] = at
  return counts
}

write({ peer: name, version: `${peer.version}, Node ${process.versions.node}`, algorithms: peer.algorithms, cache: peer.cache ?? false })
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, set, seconds] = line.split(' ')
  if (verb === 'check') write({ accepted: await judge(sets[set]) })
  else if (verb === 'run') write(await run(set, Number(seconds)))
  else throw new Error(`no such command: ${line}`)
}
