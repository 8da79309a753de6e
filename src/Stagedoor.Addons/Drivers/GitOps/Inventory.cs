using System.Globalization;
using System.Security.Cryptography;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>What stands in the folder of a release.</summary>
/// <param name="Release">The record, encoded.</param>
/// <param name="Status">The record's own.</param>
/// <param name="Revision">The record's own.</param>
/// <param name="OwnerId">The record's own.</param>
/// <param name="Files">The files of its objects.</param>
internal sealed record Inventory(string Release, string Status, int Revision, string OwnerId, IReadOnlyList<InventoryFile> Files)
{
    public const string FileName = "inventory.json";

    private const double Version = 1;

    public bool IsInstalled => Status is not ReleaseStatus.Uninstalled;

    /// <summary>Reads <c>inventory.json</c>.</summary>
    /// <exception cref="DriverDataException">It is none that this program has written.</exception>
    public static Inventory Read(byte[] bytes)
    {
        try
        {
            var map = JsonText.Read(GoText.Decode(bytes)) as GoMap ?? throw new FormatException("it is no JSON object");
            if (map.GetValueOrDefault("schemaVersion") is not Version)
            {
                throw new FormatException($"its schemaVersion is not {Version.ToString(CultureInfo.InvariantCulture)}");
            }

            return new(
                map.Text("release"),
                map.Text("status"),
                map.GetValueOrDefault("revision") is double revision and >= 1 and <= int.MaxValue ? (int)revision : throw new FormatException("\"revision\" is missing"),
                map.Text("addonId"),
                [.. map.List("objects").Select(static o => InventoryFile.Read(o as GoMap ?? throw new FormatException("an object is none")))]);
        }
        catch (FormatException e)
        {
            throw new DriverDataException($"{FileName} of the release cannot be read: {e.Message}", e);
        }
    }

    public byte[] Write(ReleaseKey key) => GoText.Encode(JsonText.Write(
        new GoMap
        {
            ["schemaVersion"] = Version,
            ["name"] = key.Name,
            ["namespace"] = key.Namespace,
            ["revision"] = (double)Revision,
            ["status"] = Status,
            ["addonId"] = OwnerId,
            ["release"] = Release,
            ["objects"] = new GoList(Files.Select(static f => f.ToMap())),
        },
        "  ",
        escapeHtml: false) + "\n");

    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A file of an object.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="ApiVersion">The object's <c>apiVersion</c>.</param>
/// <param name="Id">The object.</param>
/// <param name="Sha256">The hash of what was written.</param>
/// <param name="IsLeft">Whether the release does not want it any more, and it stays because of what it is.</param>
internal sealed record InventoryFile(string Name, string ApiVersion, ObjectId Id, string Sha256, bool IsLeft)
{
    /// <exception cref="FormatException">It is none.</exception>
    public static InventoryFile Read(GoMap map)
    {
        var name = map.Text("file");

        // Whoever writes the inventory by hand must not have other files read.
        if (!GitOpsNames.IsFileName(name))
        {
            throw new FormatException("the name of a file is none");
        }

        var id = ObjectId.Of(map.Text("apiVersion"), map.Text("kind"), map.Text("namespace"), map.Text("name"));
        return new(name, map.Text("apiVersion"), id, map.Text("sha256"), map.GetValueOrDefault("left") is true);
    }

    public GoMap ToMap() => new()
    {
        ["file"] = Name,
        ["apiVersion"] = ApiVersion,
        ["kind"] = Id.Kind,
        ["namespace"] = Id.Namespace,
        ["name"] = Id.Name,
        ["sha256"] = Sha256,
        ["left"] = IsLeft,
    };
}
