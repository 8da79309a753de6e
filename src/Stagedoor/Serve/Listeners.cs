using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>The addresses that a host is told to listen on.</summary>
internal static class Listeners
{
    private const string Off = "off";

    /// <summary>The addresses of the setting <c>Urls</c>, as they are written.</summary>
    internal static IReadOnlyList<string> Of(IConfiguration configuration) => Split(configuration["Urls"]!);

    /// <summary>
    /// The addresses of a module's own port: a port alone is that of every host of <c>Urls</c>. One where those of <c>Urls</c> serve everything is left out,
    /// and so is one that another of its own takes in.
    /// </summary>
    internal static IReadOnlyList<ModuleEndPoint> Of(ModuleListener listener, IConfiguration configuration)
    {
        var main = Of(configuration).Select(BindingAddress.Parse).ToList();
        var setting = SettingOf(listener, configuration);
        var wanted = setting is Off ? []
            : TryPort(setting) is { } port ? main.Select(url => (url.Host, Port: port, IsSecure: main.Where(u => string.Equals(u.Host, url.Host, StringComparison.OrdinalIgnoreCase)).All(IsSecure)))
            : Split(setting).Select(BindingAddress.Parse).Select(static url => (url.Host, url.Port, IsSecure: IsSecure(url)));
        var own = (from url in wanted.Distinct()
                   from address in AddressesOf(url.Host)
                   where url.Port == 0 || !main.Exists(m => m.Port == url.Port && IsSecure(m) == url.IsSecure && AddressesOf(m.Host).Any(a => Covers(a, address)))
                   orderby url.IsSecure descending
                   select new ModuleEndPoint(address, url.Port, listener, url.IsSecure)).DistinctBy(static e => (e.Address, e.Port)).ToList();
        return [.. own.Where(e => e.Port == 0 || !own.Exists(o => o.Port == e.Port && !o.Address.Equals(e.Address) && Covers(o.Address, e.Address)))];
    }

    /// <summary>The one of <c>Urls</c> that has the port, so that it cannot be a module's own; null when none has it.</summary>
    internal static string? FindOwner(IPEndPoint endpoint, IConfiguration configuration) => Of(configuration).FirstOrDefault(url =>
        BindingAddress.Parse(url) is var main && main.Port == endpoint.Port
        && AddressesOf(main.Host).Any(a => Covers(a, endpoint.Address) || Covers(endpoint.Address, a)));

    /// <summary>
    /// Whether this is <c>http</c> or <c>https</c>, an address of the network, <c>localhost</c> or <c>*</c>, a port, and nothing else. For any other name the
    /// server would listen on all addresses, so that a misspelt <c>localhost</c> opened it to everybody.
    /// </summary>
    internal static bool IsValid(string url) => FindOrigin(
        url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal)) is { } origin
        && (origin.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || origin.Host is "localhost");

    /// <summary>The address of a server: <c>http</c> or <c>https</c>, a host, a port, and nothing else; null when it is not one.</summary>
    internal static Uri? FindOrigin(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "" } ? parsed : null;

    /// <summary>Whether the setting of a module's own port can be used.</summary>
    internal static bool IsValid(ModuleListener listener, IConfiguration configuration)
    {
        var setting = SettingOf(listener, configuration);
        return setting is Off || TryPort(setting) is not null || (Split(setting) is not [] and var urls && urls.All(IsValid));
    }

    /// <summary>Whether the setting of a module's own port names an https address.</summary>
    internal static bool IsSecure(ModuleListener listener, IConfiguration configuration) =>
        SettingOf(listener, configuration).Contains("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The machine's addresses that a host in an address to listen on stands for, as the server itself takes it.</summary>
    internal static IReadOnlyList<IPAddress> AddressesOf(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : IPAddress.TryParse(host.Trim('[', ']'), out var address) ? [address]
        : Socket.OSSupportsIPv6 ? [IPAddress.IPv6Any]
        : [IPAddress.Any];

    /// <summary>Where this machine reaches what listens there: one that listens on everything is reached on the loopback.</summary>
    internal static string Reachable(string url) => url
        .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//[::1]:", StringComparison.Ordinal);

    // Whoever listens on all of IPv6 listens on all of IPv4 as well.
    private static bool Covers(IPAddress all, IPAddress one) => all.Equals(one) || all.Equals(IPAddress.IPv6Any)
        || (all.Equals(IPAddress.Any) && one.AddressFamily is AddressFamily.InterNetwork);

    private static string SettingOf(ModuleListener listener, IConfiguration configuration) =>
        configuration[listener.Setting] is { Length: > 0 } set ? set.Trim() : listener.Default;

    private static bool IsSecure(BindingAddress url) => string.Equals(url.Scheme, "https", StringComparison.OrdinalIgnoreCase);

    private static int? TryPort(string setting) =>
        int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort ? port : null;

    private static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
