import { type Acknowledgement, acknowledgements } from './acknowledgements.ts';

export interface Finding {
  readonly rule: string;
  readonly where: string;
}

/** Findings that nothing acknowledges, and acknowledgements that no finding needs any more. */
export function unsettled(tool: Acknowledgement['tool'], findings: readonly Finding[]) {
  const own = acknowledgements.filter((it) => it.tool === tool);
  const covers = (it: Acknowledgement, { rule, where }: Finding) =>
    it.rule.test(rule) && it.where.test(where);
  return {
    findings: findings.filter((finding) => !own.some((it) => covers(it, finding))),
    needless: own.filter((it) => !findings.some((finding) => covers(it, finding))),
  };
}
