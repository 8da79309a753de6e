using System.Net;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Where names lead. Asked for each connection, so that the addresses which are looked at are those which are connected to.</summary>
internal class NameLookup
{
    public virtual Task<IPAddress[]> FindAsync(string name, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(name, cancellationToken);
}
