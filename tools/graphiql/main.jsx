import 'graphiql/style.css';
import { GraphiQL } from 'graphiql';
import { getOperationAST } from 'graphql';
import { createRoot } from 'react-dom/client';
import admin from './examples/ADMIN.graphql';
import auditor from './examples/AUDITOR.graphql';
import hr from './examples/HR.graphql';
import official from './examples/OFFICIAL.graphql';
import replyOfficer from './examples/REPLY_OFFICER.graphql';
import resident from './examples/RESIDENT.graphql';

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = { json: 'json', graphql: 'graphql' }[label] ?? 'editor';
    return new Worker(`/graphiql/${name}.worker.js`);
  },
};

const post = (params, accept, headers) =>
  fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify(params),
  });

// A subscription is one request whose answer is a stream of events.
async function* subscribe(params, headers) {
  const response = await post(params, 'text/event-stream', headers);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let buffer = ''; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      for (let end; (end = buffer.indexOf('\n\n')) >= 0; buffer = buffer.slice(end + 2)) {
        const [, event] = /^event: (.*)$/m.exec(buffer.slice(0, end)) ?? [];
        const [, data] = /^data: (.*)$/m.exec(buffer.slice(0, end)) ?? [];
        if (event === 'next') yield JSON.parse(data);
        if (event === 'complete') return;
      }
    }
  } finally {
    await reader.cancel();
  }
}

function fetcher(params, options) {
  const operation = options?.documentAST && getOperationAST(options.documentAST, params.operationName);
  if (operation?.operation === 'subscription') return subscribe(params, options.headers);
  return post(params, 'application/graphql-response+json', options?.headers).then((r) => r.json());
}

const welcome = `# Steelyard's API. Ctrl-Enter runs the operation, Ctrl-Space completes.
# A token goes into Headers, below: {"Authorization": "Bearer …"}

{
  me {
    subject
    role
  }
}
`;

// A tab for each role, at the first visit. Tabs are named after their first operation.
const token = '{"Authorization": "Bearer "}';
const tabs = [
  { query: welcome, headers: token },
  { query: resident },
  ...[official, replyOfficer, hr, auditor, admin].map((query) => ({ query, headers: token })),
];

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL fetcher={fetcher} defaultTabs={tabs} shouldPersistHeaders={false} />,
);
