using System.Globalization;
using System.IO.Compression;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Releases;

/// <summary>Writes and reads records of releases as Helm does: base64 of gzip of JSON.</summary>
internal static class ReleaseCodec
{
    // An object of Kubernetes has room for about 1 MiB.
    private const int MaxEncoded = 900 * 1024;
    private const int MaxDecoded = 64 * 1024 * 1024;
    private const string Own = "stagedoor";

    /// <summary>Writes a record. What only documents a chart is left out of one that would be too large.</summary>
    /// <exception cref="FormatException">JSON has no such value.</exception>
    public static string Encode(ReleaseRecord record)
    {
        var text = Pack(ToMap(record));
        foreach (var part in (string[])["files", "templates"])
        {
            if (text.Length <= MaxEncoded)
            {
                break;
            }

            record = record with { Chart = new GoMap(record.Chart) { [part] = new GoList() } };
            text = Pack(ToMap(record));
        }

        return text;
    }

    /// <summary>Reads a record, also one that was not compressed.</summary>
    /// <exception cref="DriverDataException">It is none.</exception>
    public static ReleaseRecord Decode(string text)
    {
        try
        {
            var bytes = Convert.FromBase64String(text);
            var json = bytes is [0x1F, 0x8B, 0x08, ..] ? Unpack(bytes) : bytes;
            return Read(JsonText.Read(GoText.Decode(json)) as GoMap ?? throw new FormatException("it is no JSON object"));
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new DriverDataException($"A record of a release cannot be read: {e.Message}", e);
        }
    }

    private static GoMap ToMap(ReleaseRecord record) => new()
    {
        ["name"] = record.Key.Name,
        ["info"] = new GoMap
        {
            ["first_deployed"] = Time(record.FirstDeployed),
            ["last_deployed"] = Time(record.LastDeployed),
            ["deleted"] = record.Status is ReleaseStatus.Uninstalled ? Time(record.LastDeployed) : "",
            ["description"] = record.Description,
            ["status"] = record.Status,
            ["notes"] = record.Notes,
        },
        ["chart"] = record.Chart,
        ["config"] = record.Config,
        ["manifest"] = record.Manifest,
        ["hooks"] = new GoList(record.Hooks.Select(static h => h.ToMap())),
        ["version"] = (double)record.Revision,
        ["namespace"] = record.Key.Namespace,
        ["apply_method"] = "ssa",
        [Own] = new GoMap
        {
            ["addon_id"] = record.OwnerId,
            ["crds"] = new GoList(record.CustomResources.Select(static c => new GoMap { ["path"] = c.Path, ["manifest"] = c.Text })),
        },
    };

    private static ReleaseRecord Read(GoMap map)
    {
        var info = map.Table("info") ?? throw new FormatException("\"info\" is missing");
        var own = map.Table(Own) ?? [];
        return new()
        {
            Key = new(Required(map, "namespace"), Required(map, "name")),
            Revision = map.GetValueOrDefault("version") is double version and >= 1 and <= int.MaxValue && Math.Floor(version) == version
                ? (int)version : throw new FormatException("\"version\" is no revision"),
            Status = Required(info, "status"),
            Description = info.Text("description"),
            FirstDeployed = ReadTime(info, "first_deployed"),
            LastDeployed = ReadTime(info, "last_deployed"),
            Notes = info.Text("notes"),
            Chart = map.Table("chart") ?? throw new FormatException("\"chart\" is missing"),
            Config = map.Table("config") ?? [],
            Manifest = map.Text("manifest"),
            Hooks = [.. map.List("hooks").OfType<GoMap>().Select(RecordedHook.Read)],
            OwnerId = own.Text("addon_id"),
            CustomResources = [.. own.List("crds").OfType<GoMap>().Select(static c => new RenderedFile(c.Text("path"), c.Text("manifest")))],
        };
    }

    private static string Required(GoMap map, string key) => map.Text(key) is { Length: > 0 } text ? text : throw new FormatException($"\"{key}\" is missing");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    // Helm writes up to nine digits of a second, and its own offset.
    private static DateTimeOffset ReadTime(GoMap map, string key) =>
        DateTimeOffset.TryParse(map.Text(key), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time : DateTimeOffset.UnixEpoch;

    private static string Pack(GoMap map)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(GoText.Encode(JsonText.Write(map)));
        }

        return Convert.ToBase64String(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    private static byte[] Unpack(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var json = new MemoryStream();
        var buffer = new byte[81_920];
        while (gzip.Read(buffer) is > 0 and var read)
        {
            json.Write(buffer, 0, read);
            if (json.Length > MaxDecoded)
            {
                throw new FormatException("it is too large");
            }
        }

        return json.ToArray();
    }
}
