namespace Stagedoor.Images.Sync;

/// <summary>Another registry did not do what it was asked for.</summary>
#pragma warning disable CA1064, RCS1194 // Nobody else is to catch it.
internal sealed class RemoteException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it would say the same again: neither the login nor the moment is at fault.</summary>
    public bool IsRefusal { get; init; }
}
#pragma warning restore CA1064, RCS1194
