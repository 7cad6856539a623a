/** FIN and opcode 1: one whole text message (RFC 6455 §5.2). Servers do not mask. */
const TEXT = 0x81;

/** Makes frames of `{"id":…,"type":"next","payload":…}`. One after the other of the same payload costs a copy. */
export type EncodeNext = (id: string, payload: string) => Buffer;

/** What stands before a payload; of ASCII only, so that each character is a byte. */
function headOf(id: string): string {
  const text = JSON.stringify(id).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `{"id":${text},"type":"next","payload":`;
}

/**
 * An encoder for one process's sockets. A payload goes to thousands of them in a row, so its bytes are kept until the
 * next one; so is the frame, because many clients give their first operation the same id.
 */
export function createEncodeNext(): EncodeNext {
  let lastId: string | null = null;
  let head = '';
  let lastPayload = '';
  let bytes: Buffer = Buffer.alloc(0);
  let frame: Buffer = Buffer.alloc(0);
  return (id, payload) => {
    const isSamePayload = payload === lastPayload;
    if (isSamePayload && id === lastId) return frame;
    if (id !== lastId) {
      head = headOf(id);
      lastId = id;
    }
    if (!isSamePayload) {
      bytes = Buffer.from(payload);
      lastPayload = payload;
    }
    frame = frameOf(head, bytes);
    return frame;
  };
}

function frameOf(head: string, payload: Buffer): Buffer {
  const length = head.length + payload.length + 1;
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = TEXT;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(head, start, 'latin1');
  payload.copy(frame, start + head.length);
  frame[start + length - 1] = 0x7d;
  return frame;
}
