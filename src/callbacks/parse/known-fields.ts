/** What is known of one field: how its name is written in JSON, and which fields it may hold. */
export interface KnownField {
  /** `"stage":`, made once, so that a known name is not encoded again for each callback. */
  readonly text: string;
  /** The fields of the object in this field; null where any names are allowed. */
  readonly fields: KnownFields | null;
  /** What is known of each member of the list in this field. */
  readonly member: KnownField | null;
}

export type KnownFields = ReadonlyMap<string, KnownField>;

type Layout = { readonly [name: string]: Layout | readonly [Layout] | null };

/** Every field that this version reads or knowingly ignores, of all four shapes. A list describes its members. */
const LAYOUT: Layout = {
  accountId: null,
  bank: { id: null, secondaryIdentifiers: [{ type: null, value: null }] },
  bankId: null,
  details: {
    accounts: [
      { accountNumber: null, accountType: null, accountRelation: null, manualAccountRelation: null },
    ],
    progress: null,
    transactions: null,
  },
  earliestAccountDate: null,
  earliestAccountingDate: null,
  earliestEffectiveDate: null,
  isSca: null,
  latestAccountingDate: null,
  latestEffectiveDate: null,
  paymentExternalId: null,
  paymentId: null,
  paymentStatus: null,
  progress: null,
  sessionExternalId: null,
  sessionId: null,
  stage: null,
  status: null,
  transactionStatus: null,
  transactionsCount: null,
  user: { externalId: null, secondaryIdentifiers: [{ type: null, value: null }] },
  userId: null,
};

/** What is known of a whole body. */
export const BODY: KnownField = fieldOf('', LAYOUT);

function fieldOf(name: string, within: Layout | readonly [Layout] | null): KnownField {
  const text = `${JSON.stringify(name)}:`;
  if (within === null) return { text, fields: null, member: null };
  if (isList(within)) return { text, fields: null, member: fieldOf('', within[0]) };
  return {
    text,
    fields: new Map(Object.entries(within).map(([key, inner]) => [key, fieldOf(key, inner)])),
    member: null,
  };
}

function isList(within: Layout | readonly [Layout]): within is readonly [Layout] {
  return Array.isArray(within);
}
