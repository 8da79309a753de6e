using System.Text;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Clusters;

/// <summary>
/// A kubeconfig that came through the API. Whoever sent it must not run programs here, nor have files read: <c>exec</c>, <c>auth-provider</c> and every
/// path of a file are refused, in each of its entries and whatever its current context is.
/// </summary>
internal static class Kubeconfig
{
    private const int MaxBytes = 256 * 1024;

    private static readonly string[] s_userPaths = ["client-certificate", "client-key", "tokenFile", "token-file"];
    private static readonly string[] s_clusterPaths = ["certificate-authority"];
    private static readonly string[] s_programs = ["exec", "auth-provider"];

    /// <summary>The text of an annotation, and the address of the server that it leads to.</summary>
    /// <param name="base64">As the annotation has it.</param>
    /// <exception cref="FormatException">It is none, or holds what is not taken; the message says why.</exception>
    public static (string Text, string Server) Read(string base64)
    {
        var bytes = new byte[(base64.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
        {
            throw new FormatException("has to be a kubeconfig in base64");
        }

        if (length > MaxBytes)
        {
            throw new FormatException($"has at most {MaxBytes} bytes");
        }

        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("is no UTF-8", e);
        }

        return (text, Check(text));
    }

    /// <summary>The address of the server that a kubeconfig leads to.</summary>
    /// <exception cref="FormatException">It is none, or holds what is not taken; the message says why.</exception>
    public static string Check(string text)
    {
        var config = YamlReader.Read(text) as GoMap ?? throw new FormatException("is no YAML map");
        foreach (var user in Entries(config, "users", "user"))
        {
            Refuse(user, "users", s_programs, "would run a program here");
            Refuse(user, "users", s_userPaths, "would read a file here; put the data in (client-certificate-data, client-key-data, token)");
        }

        foreach (var cluster in Entries(config, "clusters", "cluster"))
        {
            Refuse(cluster, "clusters", s_clusterPaths, "would read a file here; put the data in (certificate-authority-data)");
            ReadProxy(cluster);
        }

        return ServerOf(CurrentCluster(config));
    }

    /// <summary>The proxy through which a kubeconfig wants its server to be asked; null where it names none.</summary>
    /// <exception cref="FormatException">It is none, or no address; the message says why.</exception>
    public static Uri? ProxyOf(string text) => ReadProxy(CurrentCluster(YamlReader.Read(text) as GoMap ?? throw new FormatException("is no YAML map")));

    private static Uri? ReadProxy(GoMap cluster) => cluster.Text("proxy-url") is not { Length: > 0 } proxy ? null
        : Uri.TryCreate(proxy, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "socks5" && uri.Host.Length > 0 ? uri
        : throw new FormatException("clusters.proxy-url has to be an address with http://, https:// or socks5://");

    private static GoMap CurrentCluster(GoMap config)
    {
        var current = config.Text("current-context");
        var context = Named(config, "contexts", current)?.GetValueOrDefault("context") as GoMap ?? throw new FormatException($"has no context '{current}', which current-context names");
        var cluster = Named(config, "clusters", context.Text("cluster"))?.GetValueOrDefault("cluster") as GoMap ?? throw new FormatException($"has no cluster '{context.Text("cluster")}'");
        if (Named(config, "users", context.Text("user")) is null)
        {
            throw new FormatException($"has no user '{context.Text("user")}'");
        }

        return cluster;
    }

    private static string ServerOf(GoMap cluster)
    {
        var server = cluster.Text("server");
        return Uri.TryCreate(server, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.UserInfo.Length == 0
            ? uri.GetLeftPart(UriPartial.Path).TrimEnd('/')
            : throw new FormatException("clusters.server has to be an address with https://, without a user in it");
    }

    private static GoMap? Named(GoMap config, string list, string name) =>
        config.List(list).OfType<GoMap>().FirstOrDefault(e => string.Equals(e.Text("name"), name, StringComparison.Ordinal));

    private static IEnumerable<GoMap> Entries(GoMap config, string list, string member) =>
        config.List(list).OfType<GoMap>().Select(e => e.GetValueOrDefault(member)).OfType<GoMap>();

    // Whoever reads it later may spell members in other letters.
    private static void Refuse(GoMap entry, string list, string[] members, string reason)
    {
        if (entry.Keys.FirstOrDefault(k => members.Contains(k, StringComparer.OrdinalIgnoreCase)) is { } found)
        {
            throw new FormatException($"{list}: {found} {reason}");
        }
    }
}
