import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../api';
import { ModelList, Overview } from './model';

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => read(Overview, api.GET('/api/v1/overview', { signal })),
});

export const modelListQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => read(ModelList, api.GET('/api/v1/models', { signal })),
});
