namespace Stagedoor.Identity.Secrets;

/// <summary>The master key is missing, malformed or the wrong one. The message is for the operator.</summary>
public sealed class MasterKeyException(string message, Exception? inner = null) : Exception(message, inner);
