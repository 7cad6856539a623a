import { answerProblem } from '../../http/answer.ts';
import { NOTHING_SERVED } from '../../http/problem.ts';
import { READ, type Route } from '../../http/router.ts';
import { readAccept } from './accept.ts';

/** The address that the start prints, opened in a browser, leads to GraphiQL. Every other client is answered 404. */
export const ROOT_ROUTE: Route = {
  methods: READ,
  path: '/',
  async handle({ req, res }) {
    if (readAccept(req.headers.accept).page)
      res.writeHead(302, { location: '/graphql', 'content-length': 0 }).end();
    else answerProblem(res, 404, NOTHING_SERVED);
  },
};
