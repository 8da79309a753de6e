using System.Text;
using System.Text.Json;

namespace Stagedoor.Monitoring.Reports;

/// <summary>Finds a member by its name in a body, in any case, without making a string of it.</summary>
/// <typeparam name="T">The members; the default is one that nobody knows.</typeparam>
internal sealed class MemberNames<T>
    where T : struct
{
    private readonly (byte[] Name, T Member)[][] _byLength;

    public MemberNames(params ReadOnlySpan<(string Name, T Member)> members)
    {
        var all = members.ToArray();
        _byLength = new (byte[], T)[all.Max(static m => m.Name.Length) + 1][];
        for (var length = 0; length < _byLength.Length; length++)
        {
            _byLength[length] = [.. all.Where(m => m.Name.Length == length).Select(static m => (Encoding.ASCII.GetBytes(m.Name), m.Member))];
        }
    }

    /// <summary>The member whose name the reader is at.</summary>
    public T Find(ref readonly Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return Find(json.ValueSpan);
        }

        // An escape is at most six bytes for one.
        if (json.ValueSpan.Length >= _byLength.Length * 6)
        {
            return default;
        }

        Span<byte> name = stackalloc byte[json.ValueSpan.Length];
        return Find(name[..json.CopyString(name)]);
    }

    private T Find(scoped ReadOnlySpan<byte> name)
    {
        if (name.Length < _byLength.Length)
        {
            foreach (var (known, member) in _byLength[name.Length])
            {
                if (Ascii.EqualsIgnoreCase(name, known))
                {
                    return member;
                }
            }
        }

        return default;
    }
}
