using System.Net;

namespace Stagedoor.Identity;

/// <summary>Where names lead. Asked for each connection, so that the addresses which are looked at are those which are connected to.</summary>
public class NameLookup
{
    /// <summary>The addresses of a name.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It has none.</exception>
    public virtual Task<IPAddress[]> FindAsync(string name, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(name, cancellationToken);
}
