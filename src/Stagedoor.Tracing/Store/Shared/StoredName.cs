using System.IO.Hashing;
using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>An identity or an operation as a row: packed, since a text of the database may not hold all that a name may.</summary>
/// <param name="Key">128 bits of its bytes.</param>
/// <param name="Project">64 bits of the project.</param>
/// <param name="Data">The project, then what it is.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StoredName(UInt128 Key, long Project, byte[] Data)
{
    private const byte Identity = 1;
    private const byte Operation = 2;

    /// <summary>The names that a block has.</summary>
    public static IEnumerable<StoredName> Of(BlockNames names)
    {
        var bytes = new ByteBuffer();
        foreach (var (project, identity) in names.Identities)
        {
            bytes.Clear();
            bytes.Text(names.Projects[project]);
            bytes.Byte(Identity);
            SpanEncoder.Write(bytes, identity);
            yield return Make(names.Projects[project], bytes);
        }

        foreach (var (project, operation) in names.Operations)
        {
            bytes.Clear();
            bytes.Text(names.Projects[project]);
            bytes.Byte(Operation);
            bytes.Text(operation.Group);
            bytes.Text(operation.Service);
            bytes.Text(operation.Name);
            bytes.Byte((byte)operation.Kind);
            bytes.Text(operation.Transaction);
            yield return Make(names.Projects[project], bytes);
        }
    }

    /// <summary>Adds to what is known of a project what a row says; another project's are left out.</summary>
    /// <exception cref="InvalidDataException">It is no name.</exception>
    public static void Read(byte[] data, string project, ISet<SpanIdentity> identities, ISet<SpanOperation> operations)
    {
        var from = new ByteCursor(data);
        if (!string.Equals(from.String(), project, StringComparison.Ordinal))
        {
            return;
        }

        if (from.Byte() == Identity)
        {
            identities.Add(SpanEncoder.ReadIdentity(ref from));
        }
        else
        {
            operations.Add(new(from.String(), from.String(), from.String(), (SpanKind)from.Byte(), from.String()));
        }
    }

    private static StoredName Make(string project, ByteBuffer bytes) => new(XxHash128.HashToUInt128(bytes.Bytes), TraceHash.SeedOf(project), bytes.Bytes.ToArray());
}
