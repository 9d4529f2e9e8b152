import { SideColumn } from '../components/side-column.js';
import { Findings } from './findings.js';
import { SetupColumn } from './setup-column.js';

/** What is measured and how, and what came out of it. */
export function EvaluatePanel() {
  return (
    <SideColumn name="setup" at="start" side={<SetupColumn />}>
      <Findings />
    </SideColumn>
  );
}
