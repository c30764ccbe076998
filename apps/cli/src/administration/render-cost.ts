import type { Plan } from './infra-program.ts';

type Items = Plan['idleMonthlyCost'];

/** US dollars a month. */
export function totalCost(items: Items): number {
  return Math.round(items.reduce((sum, { usd }) => sum + usd, 0) * 100) / 100;
}

/** What an environment costs while no job runs, item by item. */
export function renderCost(items: Items): string[] {
  const width = Math.max(...items.map(({ what }) => what.length));
  const line = (what: string, usd: number) =>
    `  ${what.padEnd(width)}  ${usd.toFixed(2).padStart(7)}`;
  return [
    'While no job runs it costs, in US dollars a month (list prices of us-east-1):',
    ...items.map(({ what, usd }) => line(what, usd)),
    line('in all', totalCost(items)),
  ];
}
