using System.Globalization;
using System.Security.Cryptography;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>What is kept of a release that runs as processes.</summary>
/// <param name="ClusterId">In which cluster.</param>
/// <param name="Release">The record, encoded; its objects are in it.</param>
internal sealed record ProcessInventory(string ClusterId, string Release)
{
    public const string FileName = "inventory.json";

    private const double Version = 1;

    private ReleaseRecord? _record;

    /// <summary>The record.</summary>
    /// <exception cref="DriverDataException">It is none.</exception>
    public ReleaseRecord Record => _record ??= ReleaseCodec.Decode(Release);

    /// <summary>What the supervisor knows its processes by: another record is another group, also under the same number.</summary>
    public string Key => string.Create(
        CultureInfo.InvariantCulture, $"{ClusterId}/{Record.Key}@{Record.Revision}-{Convert.ToHexStringLower(SHA256.HashData(GoText.Encode(Release)))[..12]}");

    /// <exception cref="DriverDataException">It is none that this program has written.</exception>
    public static ProcessInventory Read(byte[] bytes)
    {
        try
        {
            var map = JsonText.Read(GoText.Decode(bytes)) as GoMap ?? throw new FormatException("it is no JSON object");
            if (map.GetValueOrDefault("schemaVersion") is not Version)
            {
                throw new FormatException($"its schemaVersion is not {Version.ToString(CultureInfo.InvariantCulture)}");
            }

            var read = new ProcessInventory(map.Text("cluster"), map.Text("release"));
            return read.Record.Revision == (map.GetValueOrDefault("revision") as double? ?? 0)
                ? read
                : throw new FormatException("\"revision\" is another than that of its record");
        }
        catch (FormatException e)
        {
            throw new DriverDataException($"{FileName} of the release cannot be read: {e.Message}", e);
        }
    }

    public byte[] Write() => GoText.Encode(JsonText.Write(
        new GoMap
        {
            ["schemaVersion"] = Version,
            ["cluster"] = ClusterId,
            ["name"] = Record.Key.Name,
            ["namespace"] = Record.Key.Namespace,
            ["revision"] = (double)Record.Revision,
            ["status"] = Record.Status,
            ["addonId"] = Record.OwnerId,
            ["release"] = Release,
            ["objects"] = new GoList(ReleasePlan.Of(Record).All.Select(static o => new GoMap
            {
                ["apiVersion"] = o.ApiVersion,
                ["kind"] = o.Id.Kind,
                ["namespace"] = o.Id.Namespace,
                ["name"] = o.Id.Name,
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(GoText.Encode(o.Text))),
            })),
        },
        "  ",
        escapeHtml: false) + "\n");
}
