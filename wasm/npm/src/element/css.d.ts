/** A style sheet as the build inlines it: its text. */
declare module '*.css' {
  const text: string;
  export default text;
}
