// Loaded into the container's process: its way to Google's models ends at a server of this machine.
import http from 'node:http';
import https from 'node:https';

const { hostname, port } = new URL(process.env.GEMINI_STAND_IN_URL);
const agent = new http.Agent({ keepAlive: true });

https.request = (url, options) => {
  if (new URL(url).hostname !== 'generativelanguage.googleapis.com') {
    throw new Error(`${url} cannot be reached from here.`);
  }
  return http.request({ ...options, agent, hostname, port });
};
