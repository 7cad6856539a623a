import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { RequestSeed } from './request.ts';

/** What `yoga.handle` is given with a request. */
export type HandleContext = RequestSeed & { readonly params: GraphQLParams };
/** A plugin of this gateway. The context that its hooks see says who sent the operation. */
export type YogaPlugin = Plugin<RequestSeed, HandleContext>;
