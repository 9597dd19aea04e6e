const root = new URL('../../../', import.meta.url);

/** The built module of a suite, whose source is given below the root. */
export function builtFrom(file: string): URL {
  const built = file.startsWith('test/')
    ? file.replace(/^test\//, 'test/dist-test/')
    : file.replace('/test/', '/dist-test/');
  return new URL(built.replace(/\.ts$/, '.js'), root);
}
