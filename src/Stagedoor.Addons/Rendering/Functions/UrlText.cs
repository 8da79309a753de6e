using System.Globalization;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>URLs as Go takes them apart.</summary>
internal static class UrlText
{
    private static readonly System.Buffers.SearchValues<char> s_scheme = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    public static GoMap Parse(string text)
    {
        var map = new GoMap();
        var rest = text;
        if (rest.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0)
        {
            throw new FunctionException($"unable to parse url: parse {GoFormat.Quote(text)}: net/url: invalid control character in URL");
        }

        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        map["fragment"] = hash < 0 ? "" : Unescape(rest[(hash + 1)..]);
        rest = hash < 0 ? rest : rest[..hash];
        var colon = rest.AsSpan().IndexOfAny(":/?");
        var scheme = "";
        if (colon > 0 && rest[colon] == ':' && char.IsAsciiLetter(rest[0]) && !rest.AsSpan(0, colon).ContainsAnyExcept(s_scheme))
        {
            scheme = rest[..colon].ToLowerInvariant();
            rest = rest[(colon + 1)..];
        }
        else if (colon == 0 && rest[0] == ':')
        {
            throw new FunctionException($"unable to parse url: parse {GoFormat.Quote(text)}: missing protocol scheme");
        }

        map["scheme"] = scheme;
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        map["query"] = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        (map["opaque"], map["host"], map["hostname"], map["userinfo"]) = ("", "", "", "");
        if (scheme.Length > 0 && !rest.StartsWith('/'))
        {
            map["opaque"] = rest;
            rest = "";
        }
        else if (rest.StartsWith("//", StringComparison.Ordinal) && (scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var slash = rest.IndexOf('/', 2);
            var authority = slash < 0 ? rest[2..] : rest[2..slash];
            rest = slash < 0 ? "" : rest[slash..];
            var at = authority.LastIndexOf('@');
            map["userinfo"] = at < 0 ? "" : authority[..at];
            var host = authority[(at + 1)..];
            map["host"] = Unescape(host);
            map["hostname"] = HostOf(host);
        }

        map["path"] = Unescape(rest);
        return map;
    }

    public static string Join(GoMap map)
    {
        string Part(string name) => map.TryGetValue(name, out var value) ? value as string
            ?? throw new FunctionException($"unable to parse {name} key, must be of type string, but {GoType.NameOf(value)} found") : "";
        var (scheme, opaque, user, host) = (Part("scheme"), Part("opaque"), Part("userinfo"), Part("host"));
        var (path, query, fragment) = (Part("path"), Part("query"), Part("fragment"));
        var url = scheme.Length > 0 ? scheme + ":" : "";
        if (opaque.Length > 0)
        {
            url += opaque;
        }
        else
        {
            url += scheme.Length > 0 || host.Length > 0 || user.Length > 0
                ? (host.Length > 0 || path.Length > 0 || user.Length > 0 ? "//" : "") + (user.Length > 0 ? user + "@" : "") + host : "";
            url += path.Length > 0 && path[0] != '/' && host.Length > 0 ? "/" : "";
            url += EscapePath(path);
        }

        return url + (query.Length > 0 ? "?" + query : "") + (fragment.Length > 0 ? "#" + EscapePath(fragment) : "");
    }

    private static string HostOf(string host) =>
        host.StartsWith('[') && host.Contains(']', StringComparison.Ordinal) ? host[1..host.IndexOf(']', StringComparison.Ordinal)]
        : host.LastIndexOf(':') is >= 0 and var colon && !host.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9') ? host[..colon] : host;

    private static string Unescape(string text) => text.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(text) : text;

    private static string EscapePath(string path)
    {
        var escaped = new System.Text.StringBuilder();
        foreach (var b in GoText.Encode(path))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "-_.~$&+,/:;=@!()*'".Contains((char)b, StringComparison.Ordinal))
            {
                escaped.Append((char)b);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return escaped.ToString();
    }
}
