// SPDX-License-Identifier: Apache-2.0
// A policy in the form while it is filled in.
import type { Schemas } from '../../api';

export type PolicyForm = Schemas['PolicyForm'];
export type Rule = PolicyForm['resources'][number];
export type Texts = Schemas['Text'];

/** Each resource with a number of its own, as its id is what people change. */
export interface Filled {
  policy: PolicyForm['policy'];
  rules: { key: number; rule: Rule }[];
}

let last = 0;
export const numbered = (rule: Rule) => ({ key: ++last, rule });

export const filled = (form: PolicyForm): Filled => ({
  policy: form.policy,
  rules: form.resources.map(numbered),
});
export const formOf = ({ policy, rules }: Filled): PolicyForm => ({
  policy,
  resources: rules.map((one) => one.rule),
});

export const roles = ['executive', 'administrator', 'teleworker', 'auditor'] as const;
export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** An id that isn't taken: `wanted`, or it with a number. */
export function freeId(wanted: string, { rules }: Filled): string {
  const taken = new Set(rules.map((one) => one.rule.id));
  for (let n = 1; ; ++n) {
    const id = n === 1 ? wanted : `${wanted}-${n}`;
    if (!taken.has(id)) return id;
  }
}

/** A resource as good as nothing was said of it: closed to all, and asked what the method's policy proposes. */
export const newRule = (name: string, measures: Rule['measures'], all: Filled): Rule => ({
  id: freeId('resource', all),
  name: { ja: name, en: name },
  kind: 'application',
  sensitivity: 'middle',
  who: { roles: [], groups: [], people: [] },
  device: 'registered',
  own_devices: false,
  evidence: '7 days',
  second_factor: '12 hours',
  measures,
});
