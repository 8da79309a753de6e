using System.Globalization;
using System.Numerics;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Numbers. Whole ones wrap around at 64 bits.</summary>
internal static class MathFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("add1", "v", static a => unchecked(Cast.Integer(a[0]) + 1))
        .Add("add", "v*", static a => a.Aggregate(0L, static (sum, v) => unchecked(sum + Cast.Integer(v))))
        .Add("sub", "vv", static a => unchecked(Cast.Integer(a[0]) - Cast.Integer(a[1])))
        .Add("mul", "vv*", static a => a.Aggregate(1L, static (product, v) => unchecked(product * Cast.Integer(v))))
        .Add("div", "vv", static a => Divide(Cast.Integer(a[0]), Cast.Integer(a[1]), static (x, y) => y == -1 ? unchecked(-x) : x / y))
        .Add("mod", "vv", static a => Divide(Cast.Integer(a[0]), Cast.Integer(a[1]), static (x, y) => y == -1 ? 0 : x % y))
        .Add("max,biggest", "vv*", static a => a.Max(Cast.Integer))
        .Add("min", "vv*", static a => a.Min(Cast.Integer))
        .Add("maxf", "vv*", static a => a.Max(Cast.Float))
        .Add("minf", "vv*", static a => a.Min(Cast.Float))
        .Add("add1f", "v", static a => Exactly([a[0], 1L], static (x, y) => x + y))
        .Add("addf", "v*", static a => Exactly([0L, .. a], static (x, y) => x + y))
        .Add("subf", "vv*", static a => Exactly(a, static (x, y) => x - y))
        .Add("mulf", "vv*", static a => Exactly(a, static (x, y) => x * y))
        .Add("divf", "vv*", static a => Exactly(a, static (x, y) => y == Fraction.Zero ? throw new FunctionException("decimal division by 0") : x.DivideTo16(y)))
        .Add("ceil", "v", static a => Math.Ceiling(Cast.Float(a[0])))
        .Add("floor", "v", static a => Math.Floor(Cast.Float(a[0])))
        .Add("round", "vif*", static a => Round(Cast.Float(a[0]), (nint)a[1]!, a.Length > 2 ? (double)a[2]! : 0.5))
        .Add("int", "v", static a => (nint)Cast.Integer(a[0]))
        .Add("int64", "v", static a => Cast.Integer(a[0]))
        .Add("float64", "v", static a => Cast.Float(a[0]))
        .Add("atoi", "s", static a => long.TryParse((string)a[0]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? (nint)i : (nint)0)
        .Add("toDecimal", "v", static a => Octal(GoFormat.Print(a[0])));

    private static long Divide(long left, long right, Func<long, long, long> work) =>
        right == 0 ? throw new FunctionException("runtime error: integer divide by zero") : work(left, right);

    // In decimal, so that 0.1 + 0.2 is 0.3.
    private static double Exactly(object?[] values, Func<Fraction, Fraction, Fraction> work)
    {
        var result = Fraction.Of(Cast.Float(values[0]));
        for (var i = 1; i < values.Length; i++)
        {
            result = work(result, Fraction.Of(Cast.Float(values[i])));
        }

        return result.ToDouble();
    }

    private static double Round(double value, nint places, double half)
    {
        var power = Math.Pow(10, places);
        var digit = power * value;
        var fraction = digit - Math.Truncate(digit);
        var rounded = fraction >= half ? Math.Ceiling(digit) : Math.Floor(digit);
        return rounded / power;
    }

    private static object Octal(string text)
    {
        var negative = text.StartsWith('-');
        var digits = negative || text.StartsWith('+') ? text[1..] : text;
        long value = 0;
        foreach (var c in digits)
        {
            if (c is < '0' or > '7' || value > long.MaxValue / 8)
            {
                return 0L;
            }

            value = (value * 8) + (c - '0');
        }

        return negative ? -value : value;
    }

    /// <summary>A decimal fraction of any size: <c>digits / 10^scale</c>.</summary>
    private readonly record struct Fraction(BigInteger Digits, int Scale)
    {
        public static readonly Fraction Zero = new(BigInteger.Zero, 0);

        public static Fraction Of(double value)
        {
            if (!double.IsFinite(value))
            {
                throw new FunctionException($"Cannot create a Decimal from {GoNumber.Print(value)}");
            }

            var text = GoNumber.Plain(value);
            var point = text.IndexOf('.', StringComparison.Ordinal);
            var digits = BigInteger.Parse(text.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            return digits.IsZero ? Zero : new(digits, point < 0 ? 0 : text.Length - point - 1);
        }

        public static Fraction operator +(Fraction left, Fraction right)
        {
            var scale = Math.Max(left.Scale, right.Scale);
            return new Fraction(left.At(scale) + right.At(scale), scale).Normal();
        }

        public static Fraction operator -(Fraction left, Fraction right) => left + new Fraction(-right.Digits, right.Scale);

        public static Fraction operator *(Fraction left, Fraction right) => new Fraction(left.Digits * right.Digits, left.Scale + right.Scale).Normal();

        /// <summary>The quotient with 16 digits behind the point, halves away from zero.</summary>
        public Fraction DivideTo16(Fraction right)
        {
            var top = Digits * BigInteger.Pow(10, 17 + right.Scale);
            var bottom = right.Digits * BigInteger.Pow(10, Scale);
            var quotient = top / bottom;
            var rest = BigInteger.Abs(quotient % 10);
            quotient /= 10;
            return new Fraction(rest >= 5 ? quotient + top.Sign * bottom.Sign : quotient, 16).Normal();
        }

        public double ToDouble() =>
            double.Parse(string.Create(CultureInfo.InvariantCulture, $"{Digits}E-{Scale}"), NumberStyles.Float, CultureInfo.InvariantCulture);

        private BigInteger At(int scale) => Digits * BigInteger.Pow(10, scale - Scale);

        private Fraction Normal() => Digits.IsZero ? Zero : this;
    }
}
