/**
 * The telemedicine workflow of the pretend region. Ids are GUIDs of this sandbox: every region has its own, and so are the
 * names inside processContext. protocols/regiz.md §3.4.
 */

const id = (kind: number, number: number) =>
  `7e1e${String(kind).padStart(4, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const workflowId = id(0, 1);

export const roles = { requester: id(1, 1), consultant: id(1, 2) } as const;

export const stages = {
  requested: id(2, 1),
  accepted: id(2, 2),
  scheduled: id(2, 3),
  done: id(2, 4),
  rejected: id(2, 5),
  cancelled: id(2, 6),
} as const;

export interface Transition {
  readonly id: string;
  readonly name: string;
  /** Stages that it starts at; none for the initial one. */
  readonly from: readonly string[];
  readonly to: string;
  readonly role: string;
  /** Paths in processContext that have to be filled. */
  readonly required: readonly string[];
}

const { requested, accepted, scheduled, done, rejected, cancelled } = stages;
const request = 'serviceRequest';

export const transitions: readonly Transition[] = [
  {
    id: id(3, 1),
    name: 'Подать заявку',
    from: [],
    to: requested,
    role: roles.requester,
    required: ['urgency.code', 'reasonCode.code', 'performerOrganization.code', 'complaints'].map(
      (p) => `${request}.${p}`,
    ),
  },
  { id: id(3, 2), name: 'Принять', from: [requested], to: accepted, role: roles.consultant, required: [] },
  {
    id: id(3, 3),
    name: 'Отклонить',
    from: [requested, accepted],
    to: rejected,
    role: roles.consultant,
    required: ['rejection.comment'],
  },
  {
    id: id(3, 4),
    name: 'Назначить время',
    from: [accepted],
    to: scheduled,
    role: roles.consultant,
    required: ['appointment.start'],
  },
  {
    id: id(3, 5),
    name: 'Дать заключение',
    from: [accepted, scheduled],
    to: done,
    role: roles.consultant,
    required: ['conclusion.text'],
  },
  {
    id: id(3, 6),
    name: 'Отозвать',
    from: [requested, accepted, scheduled],
    to: cancelled,
    role: roles.requester,
    required: [],
  },
];
