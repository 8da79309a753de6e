using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class PasswordRuleTests
{
    private static readonly PasswordRule s_two = new(8, 12, 2, StringComparison.OrdinalIgnoreCase);
    private static readonly PasswordRule s_four = new(8, 12, 4, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, PasswordFault.Length, PasswordFault.Length)]
    [InlineData("Short-1", PasswordFault.Length, PasswordFault.Length)]
    [InlineData("Long-enough-1", PasswordFault.Length, PasswordFault.Length)]
    [InlineData("onlyletters", PasswordFault.Kinds, PasswordFault.Kinds)]
    [InlineData("letters1234", null, PasswordFault.Kinds)]
    [InlineData("Letters-12", null, null)]
    [InlineData("Some-one-1", PasswordFault.Name, PasswordFault.Name)]
    [InlineData("1-eno-emoS", PasswordFault.Name, PasswordFault.Name)]
    [InlineData("some-ONE-1", PasswordFault.Name, null)]
    public void It_is_long_enough_mixed_and_not_the_name(string? password, PasswordFault? two, PasswordFault? four)
    {
        Assert.Equal(two, s_two.FindFault(password, "Some-one-1"));
        Assert.Equal(four, s_four.FindFault(password, "Some-one-1"));
    }
}
