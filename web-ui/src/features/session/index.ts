export { type Session, safeNext } from './model';
export { sessionQuery, useMayOperate, useSession } from './queries';
