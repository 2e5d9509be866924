// provider.mjs PORT DIR: oidc-provider for scripts/oauth.sh, on loopback, with the certificate of
// DIR. It rotates refresh tokens, and revokes a consent whose refresh token comes twice. Below /test
// it does what a provider does not do by itself:
//
//   /test/slow?n=N     the next N answers about a device code are slow_down
//   /test/lose         the next answer of the token endpoint is lost: the line breaks behind it
//   /test/fail?n=N     the next N answers of the token endpoint are 503
//   /test/later?s=S    the clock goes S seconds forward
//   /test/await        answers when the next request about a device code was answered
//   /test/token?sub=S  an access token for the user S, as after a login
//   /test/asked        grant types that came to the token endpoint since the last time
import { readFileSync } from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

const [port, dir] = process.argv.slice(2);
const issuer = `https://127.0.0.1:${port}`;
const wait = { slow: 0, lose: 0, fail: 0 };
let asked = [];
let awaiting = [];

const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;

const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
const client = (more) => ({ application_type: 'native', grant_types: grants, redirect_uris: ['http://127.0.0.1/'], response_types: ['code'], ...more });
const provider = new Provider(issuer, {
	clients: [
		client({ client_id: 'public', token_endpoint_auth_method: 'none' }),
		client({ client_id: 'confidential', client_secret: 'a/secret: of 32 or more characters', token_endpoint_auth_method: 'client_secret_basic' }),
		{ client_id: 'dovecot', client_secret: 'introspection', grant_types: [], redirect_uris: [], response_types: [] },
	],
	findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
	claims: { openid: ['sub'], email: ['email'] },
	rotateRefreshToken: true,
	issueRefreshToken: async () => true,
	features: {
		deviceFlow: { enabled: true },
		revocation: { enabled: true },
		introspection: { enabled: true, allowedPolicy: async () => true },
	},
	ttl: { AccessToken: 3600, DeviceCode: 600, RefreshToken: 14 * 86400, Grant: 90 * 86400, Session: 90 * 86400, Interaction: 3600, AuthorizationCode: 60, IdToken: 3600 },
});

const mint = async (accountId) => {
	const grant = new provider.Grant({ accountId, clientId: 'public' });
	grant.addOIDCScope('openid');
	const token = new provider.AccessToken({ accountId, client: await provider.Client.find('public'), grantId: await grant.save(), gty: 'authorization_code', scope: 'openid' });
	return token.save();
};

const refuse = (response, status, error) => {
	response.writeHead(status, { 'Content-Type': 'application/json' });
	response.end(JSON.stringify({ error }));
};

const serve = provider.callback();
https.createServer({ key: readFileSync(`${dir}/key.pem`), cert: readFileSync(`${dir}/cert.pem`) }, (request, response) => {
	const url = new URL(request.url, issuer);
	if (url.pathname.startsWith('/test/')) {
		const verb = url.pathname.slice(6);
		if (verb === 'await') {
			awaiting.push(response);
			return;
		}
		if (verb === 'token') {
			mint(url.searchParams.get('sub')).then((token) => response.end(token), (error) => refuse(response, 500, String(error)));
			return;
		}
		if (verb === 'later') offset += 1000 * url.searchParams.get('s');
		else if (verb !== 'asked') wait[verb] = Number(url.searchParams.get('n') ?? 1);
		response.end(asked.join(' '));
		asked = [];
		return;
	}
	if (url.pathname !== '/token') {
		serve(request, response);
		return;
	}
	let body = '';
	request.on('data', (piece) => { body += piece; });
	request.on('end', () => {
		const form = new URLSearchParams(body);
		const type = form.get('grant_type').split(':').pop();
		asked.push(type);
		if (type === 'device_code') response.on('finish', () => awaiting.splice(0).forEach((one) => one.end()));
		if (wait.fail-- > 0) return refuse(response, 503, 'temporarily_unavailable');
		if (type === 'device_code' && wait.slow-- > 0) return refuse(response, 400, 'slow_down');
		if (wait.lose-- > 0) response.end = () => { request.socket.destroy(); return response; };
		request.body = Object.fromEntries(form); // read already
		serve(request, response);
	});
}).listen(port, '127.0.0.1', () => console.log(issuer));
