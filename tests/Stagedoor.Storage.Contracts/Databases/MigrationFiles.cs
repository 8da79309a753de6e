using System.Reflection;
using System.Text;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>An assembly of nothing but migrations.</summary>
/// <param name="files">The SQL by file name.</param>
internal sealed class MigrationFiles(params (string Name, string Sql)[] files) : Assembly
{
    public override string[] GetManifestResourceNames() => [.. files.Select(f => f.Name)];

    public override Stream? GetManifestResourceStream(string name) =>
        new MemoryStream(Encoding.UTF8.GetBytes(files.Single(f => string.Equals(f.Name, name, StringComparison.Ordinal)).Sql));
}
