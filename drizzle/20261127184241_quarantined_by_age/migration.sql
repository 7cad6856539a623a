-- The journal is locked while its index is built: this belongs to the step from 0.1 to 0.2, before which every instance
-- is stopped.
CREATE INDEX "callbacks_quarantined" ON "callbacks" ("last_delivered_at") WHERE outcome = 'QUARANTINED';
