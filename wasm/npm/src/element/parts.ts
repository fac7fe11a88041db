/** Registers the parts that the console is made of. They are its own: pages use tiercel-console. */
import { BudgetControl } from './budget.js';
import { ThreatDetail } from './detail.js';
import { IncidentList } from './incidents.js';
import { ThreatTable } from './table.js';
import { TimelineChart } from './timeline.js';

const PARTS: Record<string, CustomElementConstructor> = {
  'tiercel-budget': BudgetControl,
  'tiercel-detail': ThreatDetail,
  'tiercel-incidents': IncidentList,
  'tiercel-threats': ThreatTable,
  'tiercel-timeline': TimelineChart,
};

for (const [name, part] of Object.entries(PARTS)) if (!customElements.get(name)) customElements.define(name, part);
