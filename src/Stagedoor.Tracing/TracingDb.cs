using Stagedoor.Storage;

namespace Stagedoor.Tracing;

/// <summary>The tables of the trace service: what was measured. Spans are in files of their own.</summary>
internal sealed class TracingDb(IDatabaseEngine engine) : Db(engine.Open("tracing"));
