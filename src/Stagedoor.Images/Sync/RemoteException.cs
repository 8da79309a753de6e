namespace Stagedoor.Images.Sync;

/// <summary>Another registry did not do what it was asked for.</summary>
internal sealed class RemoteException(string message, Exception? inner = null) : Exception(message, inner);
