using System.Globalization;

namespace Stagedoor.Discovery.Model;

/// <summary>A version of up to four numbers of 0 to 32767. Missing parts are 0, so that 1.0 and 1.0.0 sort equal although they are different keys.</summary>
internal readonly record struct ServiceVersion : IComparable<ServiceVersion>
{
    private const int MaxLength = 64;
    private const int MaxPart = short.MaxValue;
    private const int Parts = 4;

    private readonly ulong _packed;

    private ServiceVersion(ulong packed) => _packed = packed;

    public static bool operator <(ServiceVersion left, ServiceVersion right) => left._packed < right._packed;

    public static bool operator >(ServiceVersion left, ServiceVersion right) => left._packed > right._packed;

    public static bool operator <=(ServiceVersion left, ServiceVersion right) => left._packed <= right._packed;

    public static bool operator >=(ServiceVersion left, ServiceVersion right) => left._packed >= right._packed;

    public static bool TryParse(ReadOnlySpan<char> text, out ServiceVersion version)
    {
        version = default;
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        var packed = 0UL;
        var count = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (++count > Parts || digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')
                || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > MaxPart)
            {
                return false;
            }

            packed |= (ulong)number << (16 * (Parts - count));
        }

        version = new(packed);
        return true;
    }

    public int CompareTo(ServiceVersion other) => _packed.CompareTo(other._packed);
}
