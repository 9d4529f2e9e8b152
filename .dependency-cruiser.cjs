/**
 * Who may import whom (docs/architecture.md). `npm test` runs this on every file; each message says what IS allowed.
 * A folder's rule lists what it may reach inside the house; packages are ruled at the end.
 */
const house = '^(native-models|app|main|renderer|tests)/';

/** @param {string} name @param {string} from @param {string[]} allowed @param {string} comment @param {string} [fromNot] */
const mayOnlyReach = (name, from, allowed, comment, fromNot) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, ...(fromNot ? { pathNot: fromNot } : {}) },
  to: { path: house, pathNot: allowed },
});

module.exports = {
  forbidden: [
    mayOnlyReach(
      'native-models-stands-alone',
      '^native-models/',
      ['^native-models/'],
      'native-models may import packages, Node and native-models itself, and nothing else of ours.',
    ),
    mayOnlyReach(
      'app-knows-models',
      '^app/',
      ['^app/', '^native-models/'],
      'app may import native-models and app itself.',
      '^app/contracts/',
    ),
    {
      name: 'contracts-know-only-the-schema-library',
      severity: 'error',
      comment: 'app/contracts may import zod and its own files: a contract depends on neither of its ends.',
      from: { path: '^app/contracts/' },
      to: { pathNot: ['^app/contracts/', '^node_modules/zod/'] },
    },
    mayOnlyReach(
      'main-knows-app-and-models',
      '^main/',
      ['^main/', '^app/', '^native-models/'],
      'main may import app, native-models and main itself.',
    ),
    mayOnlyReach(
      'children-know-models-and-contracts',
      '^main/(engine|worker|supervisor/child-side)/',
      ['^main/(engine|worker|supervisor/child-side)/', '^native-models/', '^app/contracts/'],
      'The engine and the worker are processes of their own: they may import native-models, app/contracts, their own files ' +
        "and main/supervisor/child-side, which is their end of the supervisor's wire and may import no more than they.",
    ),
    {
      name: 'engine-and-worker-apart',
      severity: 'error',
      comment:
        'main/engine may not import main/worker, nor the other way round: what both need stands in app/contracts.',
      from: { path: '^main/(engine|worker)/' },
      to: { path: '^main/(engine|worker)/', pathNot: '^main/$1/' },
    },
    mayOnlyReach(
      'renderer-knows-contracts',
      '^renderer/',
      ['^renderer/', '^app/contracts/'],
      'renderer may import app/contracts, packages and renderer itself; everything else comes by a message.',
    ),
    {
      name: 'set-up-stands-alone',
      severity: 'error',
      comment:
        'main/set-up may import Node and its own files, and the build tools after the packages are installed (by `await import`).',
      from: { path: '^main/set-up/', pathNot: '^main/set-up/default-app\\.mjs$' },
      to: { pathNot: ['^main/set-up/'], dependencyTypesNot: ['core'], dynamic: false },
    },
    {
      name: 'electron-in-the-window-process-only',
      severity: 'error',
      comment:
        'electron may be imported in main/, but not where code also runs in plain Node: engine, worker, command line and ' +
        'supervisor. There, only main/supervisor/utility-process-host.ts may.',
      from: {
        pathNot: [
          '^main/(?!engine/|worker/|command-line/|supervisor/)',
          '^main/supervisor/utility-process-host\\.ts$',
          '^tests/',
        ],
      },
      to: { path: ['^node_modules/electron/', '^electron$'] },
    },
    {
      name: 'react-in-the-renderer-only',
      severity: 'error',
      comment: 'react may be imported in renderer/ and its tests.',
      from: { pathNot: ['^renderer/', '^tests/'] },
      to: { path: '^node_modules/(@types/)?react(-dom)?/' },
    },
    {
      name: 'onnxruntime-in-the-runtime-only',
      severity: 'error',
      comment:
        'onnxruntime-node may be imported in native-models/runtime/ (and in tests): everyone else runs a Network.',
      from: { pathNot: ['^native-models/runtime/', '^tests/'] },
      to: { path: '^node_modules/onnxruntime-node/' },
    },
    {
      name: 'no-node-in-the-window',
      severity: 'error',
      comment: 'renderer and app/contracts may not use Node: the window is sandboxed.',
      from: { path: ['^renderer/', '^app/contracts/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files may not need each other when they run (types may): put what both need in a third.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      comment: 'Every import must lead to a file or an installed package; what leads nowhere escapes the other rules.',
      // What chat is measured against is installed when the bench asks for it, never with the studio.
      from: { pathNot: '^tests/peers/chat/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^out/', '^\\.types/'] },
    tsPreCompilationDeps: true, // imports of types count too
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.json', '.d.ts'],
    },
  },
};
