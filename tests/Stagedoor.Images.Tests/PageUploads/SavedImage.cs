using System.Text.Json;
using ZstdSharp;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>An archive as <c>docker save</c> writes it, of an image that nobody else has.</summary>
public sealed class SavedImage
{
    private readonly List<(string Name, byte[] Content, char Type, string Link)> _more = [];

    public SavedImage(params string[] tags)
    {
        Tags = tags;
        Layers = [Layer(), Layer()];
    }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The layers before they are packed.</summary>
    public IReadOnlyList<byte[]> Layers { get; init; }

    public Func<byte[], byte[]> Pack { get; init; } = static layer => layer;

    /// <summary>The configuration, when it is to be another than that of the layers.</summary>
    public string? Config { get; init; }

    /// <summary>The list, when it is to be another.</summary>
    public string? List { get; init; }

    public string? Repositories { get; init; }

    public string? Missing { get; init; }

    /// <summary>A layer with one file of its own.</summary>
    public static byte[] Layer(int size = 2_000) => new Tarball().Add("file", Installation.Random(size)).ToArray();

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(content).ToArray();
    }

    public static string ConfigOf(IEnumerable<byte[]> layers) => JsonSerializer.Serialize(new
    {
        architecture = "amd64",
        os = "linux",
        rootfs = new { type = "layers", diff_ids = layers.Select(static l => Installation.DigestOf(l)) },
    });

    public SavedImage With(string name, byte[] content, char type = '0', string link = "")
    {
        _more.Add((name, content, type, link));
        return this;
    }

    public byte[] ToArray()
    {
        var config = System.Text.Encoding.UTF8.GetBytes(Config ?? ConfigOf(Layers));
        var configName = Installation.DigestOf(config)[7..] + ".json";
        var layers = Layers.Select((l, i) => ($"{i}/layer.tar", Pack(l))).ToList();
        var list = List ?? JsonSerializer.Serialize(new[] { new { Config = configName, RepoTags = Tags, Layers = layers.Select(static l => l.Item1) } });
        var tar = new Tarball();
        foreach (var (name, content) in layers.Append((configName, config)).Append(("manifest.json", System.Text.Encoding.UTF8.GetBytes(list))))
        {
            if (Missing is null || !name.EndsWith(Missing, StringComparison.Ordinal) || name is "manifest.json" && Missing is ".json")
            {
                tar.Add(name, content);
            }
        }

        if (Repositories is not null)
        {
            tar.Add("repositories", Repositories);
        }

        foreach (var (name, content, type, link) in _more)
        {
            tar.Add(name, content, type, link);
        }

        return tar.ToArray();
    }
}
