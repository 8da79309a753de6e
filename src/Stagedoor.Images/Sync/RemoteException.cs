using System.Net;

namespace Stagedoor.Images.Sync;

/// <summary>Another registry did not do what it was asked for.</summary>
#pragma warning disable CA1064, RCS1194 // Nobody else is to catch it.
internal sealed class RemoteException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What it answered; null when it did not.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>Whether the same would be refused again: neither a login, a right nor the moment is at fault.</summary>
    public bool IsRefusal => (int?)Status is >= 400 and < 500 and not (401 or 403 or 408 or 425 or 429);
}
#pragma warning restore CA1064, RCS1194
