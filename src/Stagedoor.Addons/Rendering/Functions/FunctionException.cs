namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>A function that refuses its arguments; the executor says which and where.</summary>
#pragma warning disable CA1064 // It never leaves this assembly.
internal sealed class FunctionException(string message, Exception? inner = null) : Exception(message, inner);
