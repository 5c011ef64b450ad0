"""Tables as people have them: what is read, what is said of it, what is refused, and how samples are written."""

import gzip
import json
import re

import numpy as np
import pytest

import minigan as mg
from minigan.data.dataset import DataError
from minigan.data.kinds import Column, decode, encode, from_json
from minigan.data.samples import write_samples
from minigan.data.sources import load_dataset
from minigan.runs.folder import begin
from minigan.runs.presets import plan

RNG = np.random.default_rng(0)


@pytest.fixture
def table(tmp_path):
    def read(text, name="t.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_dataset(path, **options)

    return read


def values(data):
    """The rows of a small table, as its file has them."""
    return decode(data.kinds, data.x).tolist()


# ---- how the text is parted, and what the first line is


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_marks_between_fields(table, mark):
    data = table(f"a{mark}b\n1.5{mark}2\n3{mark}5\n")
    assert data.columns == ["a", "b"] and values(data) == [[1.5, 2], [3, 5]]


@pytest.mark.parametrize("header", [True, False])
def test_what_savetxt_writes(tmp_path, header):
    x = RNG.normal(size=(20, 3))
    np.savetxt(tmp_path / "t.txt", x, header="a b c" * header)
    data = load_dataset(tmp_path / "t.txt")
    assert data.columns == (["a", "b", "c"] if header else ["x1", "x2", "x3"])
    np.testing.assert_array_equal(data.x, x.astype(np.float32))


@pytest.mark.parametrize(
    ("text", "columns", "first"),
    [
        ("0,1,2\n1.5,2,3\n4,5,6.5\n", ["0", "1", "2"], [1.5, 2, 3]),  # a DataFrame's names
        ("2019,2020\n1.5,2\n4,5.5\n", ["2019", "2020"], [1.5, 2]),
        (",1940,1945\nFood,22.2,44.5\nCar,1,2\n", ["1940", "1945"], [22.2, 44.5]),
        ("0,1,2\n1,2,3\n4,5,6\n", ["x1", "x2", "x3"], [0, 1, 2]),  # whole numbers may be counts
        ("a,b\n1,2,3\n2,5,6\n", ["a", "b"], [2, 3]),  # R's row names have none
        ('"a;b",c\n1,2\n3,4\n', ["a;b", "c"], [1, 2]),
        ('"weight, kg",c\n1,2\n3,4\n', ["weight, kg", "c"], [1, 2]),
        ("a,b,\n1,2,\n3,5,\n", ["a", "b"], [1, 2]),  # every line ends with a separator
        ("5.1,3.5,setosa\n4.9,3,setosa\n6,2,other\n6,1,other\n", ["x1", "x2", "x3"], [5.1, 3.5, 1]),
        ("\ufeffa,b\r\n1,2\r\n3,4\r\n", ["a", "b"], [1, 2]),
    ],
)
def test_what_the_first_line_is(table, text, columns, first):
    data = table(text)
    assert data.columns == columns and values(data)[0] == pytest.approx(first, rel=1e-6)


def test_the_user_may_say_whether_there_is_a_header(table):
    text = "1,2\n3,4\n5,7\n"
    assert len(table(text, header=False).x) == 3
    assert table(text, header=True).columns == ["1", "2"]
    assert len(table("a,b\nc,d\ne,f\na,b\nc,d\ne,f\n", header=False).x) == 6


def test_packed_tables(table, tmp_path):
    data = table(gzip.compress(b"a,b\n1,2\n3,4\n"), "t.csv.gz")
    assert data.columns == ["a", "b"] and data.name == "t"
    with pytest.raises(DataError, match="unpacks to more than"):
        table(gzip.compress(b"a,b\n" + b"1,2\n" * (1 << 21)), "t.csv.gz")


def test_a_title_is_named_and_not_taken_for_a_header(table):
    with pytest.raises(DataError, match=r"line 1 reads 'Sales of 2020' .* 3 columns; delete .* 2 lines"):
        table("Sales of 2020\nin euros\na,b,c\n1,2,3\n4,5,6\n7,8,9\n")


# ---- numbers


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a;b\n1,5;2\n3;4\n", [1.5, 2]),
        ("a;b\n1.234,5;2\n3;4\n", [1234.5, 2]),
        ("a;b\n1,234.5;2\n3;4\n", [1234.5, 2]),
        ('a,b\n"243,349.23",2\n"1,000",4\n', [243349.23, 2]),
        ('a,b\n"-1,234,567",2\n3,4\n', [-1234567, 2]),
        ("a\tb\n0,5\t2\n3\t4\n", [0.5, 2]),
    ],
)
def test_commas_in_numbers(table, text, first):
    assert values(table(text))[0] == pytest.approx(first, rel=1e-7)


def test_a_comma_that_may_be_either_is_asked_about(table):
    text = "a;b\n1,234;2\n3;4\n"
    with pytest.raises(DataError, match=r"'1,234' may be a thousand or a fraction; say decimal=\."):
        table(text)
    assert values(table(text, decimal="."))[0] == [1234, 2]
    assert values(table(text, decimal=","))[0] == pytest.approx([1.234, 2])


@pytest.mark.parametrize("shift", [1_700_000_000, -5e9, 123456789012])
def test_numbers_that_float32_cannot_tell_apart_are_told_apart(table, shift):
    t = shift + np.round(np.sort(RNG.uniform(0, 3600, 400)), 1)
    data = table("t,b\n" + "".join(f"{v:.1f},{RNG.normal():.3f}\n" for v in t))
    assert len(np.unique(t.astype(np.float32))) < 60
    x = np.r_[data.x[:, 0], data.held_out[:, 0]]
    assert len(np.unique(x)) == len(np.unique(t))
    back = decode(data.kinds, data.x)[:, 0]
    np.testing.assert_allclose(back, t[np.arange(400) % 10 != 9], rtol=0, atol=0.051)
    assert data.columns[0].startswith("t - ")


def test_plain_numbers_keep_their_bits(table):
    x = RNG.normal(size=(50, 2)).astype(np.float32)
    data = table("a,b\n" + "".join(f"{a:.9g},{b:.9g}\n" for a, b in x))
    assert data.x.tobytes() == x.tobytes()


# ---- which columns


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "rownames"])
@pytest.mark.parametrize(("labels", "does"), [("1 2 3 5", "counts"), ("anne bert carl dora", "labels")])
def test_an_unnamed_first_column_that_counts_or_labels_the_rows_is_left_out(table, name, labels, does):
    text = f"{name},a,b\n" + "".join(f"{label},{i}.5,{i * i}\n" for i, label in enumerate(labels.split()))
    data = table(text)
    assert data.columns == ["a", "b"]
    assert f"left out: {repr(name) if name else 'the first column'}, which {does} the rows" in data.said


def test_an_unnamed_first_column_of_numbers_is_kept(table):
    assert table(",b\n1.5,2\n-3,4\n").columns == ["x1", "b"]


def test_a_named_column_that_counts_the_rows_is_learnt_with_a_word(table):
    text = "year,a\n" + "".join(f"{1900 + i},{i % 7}\n" for i in range(9))
    assert table(text).columns == ["year", "a"]
    assert "; 'year' counts the rows, which drop='year' would leave out" in table(text).said
    assert "counts" not in table(text.replace("1905", "1906")).said


def test_columns_may_be_chosen_and_dropped(table):
    text = "id,a,b,c\n1,5,2,x y z\n2,6,7,w\n3,4,1,v\n4,4,4,u\n"
    assert table(text, columns="a,b").columns == ["a", "b"]
    assert table(text, columns=["b", "id"]).columns == ["id", "b"]
    assert table(text, drop="id,c").columns == ["a", "b"]
    assert table("0,1\n1.5,2\n3,4\n", columns=1).columns == ["1"]
    with pytest.raises(DataError, match="no column 'aa'; did you mean 'a'"):
        table(text, columns="aa")
    with pytest.raises(DataError, match="no column is left"):
        table("a\n1\n2\n", drop="a")


def test_a_label_stands_beside_the_data(table):
    text = "a,b,c\n" + "".join(f"{RNG.normal():.3f},{i % 3},{'xy'[i % 2]}\n" for i in range(100))
    data = table(text, label="b", drop="c")
    assert data.columns == ["a"] and set(data.labels) == {0, 1, 2}
    assert (len(data.labels), len(data.held_out_labels)) == (90, 10)
    assert (table(text, label="c", columns="a").labels == np.arange(100)[np.arange(100) % 10 != 9] % 2).all()


def test_constant_and_empty_columns_are_kept_aside_with_a_word(table, tmp_path):
    data = table("a,b,c,d\n1,5,,x\n2,5,,x\n4,5,,x\n")
    assert data.columns == ["a"]
    assert "b, d (constant)" in data.said and "'c', which is empty" in data.said
    write_samples(tmp_path / "s.csv", data.x, data.columns, kinds=data.kinds)
    assert (tmp_path / "s.csv").read_text() == "a,b,d\n1,5,x\n2,5,x\n4,5,x\n"


# ---- gaps


MARKS = ["", "NA", "N/A", "#N/A", "<NA>", ".", "?", "-", "NaN", "nan", "null", "NULL", "None", "-nan", "NaT"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("line", [2, 4])
def test_marks_of_a_gap(table, mark, line):
    lines = ["a,b", "1,2", "3,5", "4,9", "6,1"]
    lines[line - 1] = f"7,{mark}"
    text = "\n".join(lines) + "\n"
    with pytest.raises(DataError) as caught:
        table(text)
    assert f"line {line}, column 2 ('b') is a gap, of 1 (1 in 'b'); gaps=drop keeps the 3 of 4 rows" in str(
        caught.value
    )
    assert len(table(text, gaps="drop").x) == 3
    filled = values(table(text, gaps="mean"))
    others = [row[1] for k, row in enumerate(filled) if k != line - 2]
    assert filled[line - 2][1] == pytest.approx(round(sum(others) / 3), abs=1e-6)  # whole, as the others are


def test_a_gap_in_the_first_line_of_a_table_without_header(table):
    data = table("100.0,#N/A\n100.5,-0.5\n101,0.25\n99,1\n", gaps="drop")
    assert data.columns == ["x1", "x2"] and len(data.x) == 3


def test_a_gap_in_a_category_is_filled_with_the_commonest_word(table):
    data = table("a,b\n1,red\n2,blue\n3,red\n4,\n5,blue\n6,red\n", gaps="mean")
    assert [data.kinds[1].words[int(v)] for _, v in values(data)] == ["red", "blue", "red", "red", "blue", "red"]


def test_all_that_is_wrong_is_told_at_once(table):
    text = "a,b,c\n" + "".join(f"x{i},{'w' if i == 3 else i},{'' if i == 4 else 2}\n" for i in range(30))
    with pytest.raises(DataError) as caught:
        table(text)
    first, *rest = str(caught.value).split("\n  ")
    assert first.endswith("3 things are wrong")
    assert [re.search(r"column \d", line)[0][-1] for line in rest] == ["1", "2", "3"]
    assert "labels of rows" in rest[0] and "kinds='b':category" in rest[1] and "gap" in rest[2]
    wide = ",".join(f"c{i}" for i in range(30)) + "\n" + (",".join(["w"] + ["1"] * 29) + "\n") * 0
    wide += "\n".join(",".join("w" if i == k else str(i * k) for i in range(30)) for k in range(30)) + "\n"
    with pytest.raises(DataError) as caught:
        table(wide)
    lines = str(caught.value).splitlines()
    assert len(lines) == 12 and "30 things" in lines[0] and lines[-1].strip() == "... and 20 more"


# ---- kinds


def test_words_become_columns_and_words_again(table, tmp_path):
    rows = [(1, "red", "no", "2020-01-31"), (2, "blue", "yes", "2020-02-01"), (3, "green", "no", "2021-12-31")] * 2
    text = "a,colour,smokes,born\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    data = table(text)
    assert [column.kind for column in data.kinds] == ["number", "category", "category", "date"]
    assert data.columns[:5] == ["a", "colour=blue", "colour=green", "colour=red", "smokes"]
    assert data.columns[5].startswith("born (seconds from 20")
    assert data.x[0, :5].tolist() == [1, 0, 0, 1, 0]
    assert "a (whole number), colour (3 categories), smokes (no/yes), born (date)" in data.said
    noisy = data.x + RNG.uniform(-0.4, 0.4, data.x.shape)
    write_samples(tmp_path / "s.csv", noisy, data.columns, kinds=data.kinds)
    assert (tmp_path / "s.csv").read_text() == text
    write_samples(tmp_path / "s.npy", noisy, data.columns, kinds=data.kinds)
    assert np.load(tmp_path / "s.npy")[0].tolist() == [1, 2, 0, 1580428800]


@pytest.mark.parametrize("pair", ["False True", "f t", "No Yes", "N Y", "male female"])
def test_two_words_need_one_column(table, pair):
    low, high = pair.split()
    data = table(f"a,b\n1,{high}\n2,{low}\n3,{high}\n4,{low}\n")
    order = (low, high) if pair != "male female" else ("female", "male")
    assert data.columns == ["a", "b"] and data.kinds[1].words == order


def test_the_user_may_say_what_a_column_is(table):
    text = "year,born,code\n1,01/02/2020,1\n2,02/02/2020,x\n1,03/02/2020,2\n2,04/02/2020,x\n"
    told = "year:category,born:date:%d/%m/%Y,code:category"
    data = table(text, kinds=told)
    assert [column.kind for column in data.kinds] == ["category", "date", "category"]
    assert data.kinds[0].words == ("1", "2") and data.kinds[2].words == ("1", "2", "x")
    assert values(data)[1][1] - values(data)[0][1] == 86400
    same = {"year": "category", "born": "date:%d/%m/%Y", "code": "category"}
    assert (table(text, kinds=same).x == data.x).all()
    with pytest.raises(DataError, match=r"'born'.* the day or the month first, as in '01/02/2020'"):
        table(text, kinds="code:category")
    with pytest.raises(DataError, match=r"kinds says 'colour' of 'year'; choose number, category or date"):
        table(text, kinds="year:colour")
    with pytest.raises(DataError, match=r"'01/02/2020'.* no date of the format %Y"):
        table(text, kinds="born:date:%Y,code:category")


def test_labels_of_rows_are_no_categories(table):
    text = "name,a\n" + "".join(f"n{i},{i * i}\n" for i in range(20))
    with pytest.raises(DataError, match=r"'name'\) holds 20 different words in 20 rows.*drop='name'"):
        table(text)
    assert table(text, drop="name").columns == ["a"]
    assert len(table(text, kinds="name:category").columns) == 21


@pytest.mark.parametrize(
    ("column", "x", "field"),
    [
        (Column("a", "number", (), 0, 1.0, 9.0), [[4.4], [99], [-3], [0.2]], ["4", "9", "1", "1"]),
        (Column("a", "number", (), 2, 1.0, 9.0), [[4.444], [9.001]], ["4.44", "9.00"]),
        (Column("a", "number", (), None, 1.0, 9.0), [[4.4375], [99]], ["4.4375", "9"]),
        (Column("a", "number", (), 0, 10.0, 20.0, 15.0), [[-5], [0.4], [9]], ["10", "15", "20"]),
        (
            Column("a", "date", ("%Y-%m-%d",), None, 0.0, 9e5, 86400.0),
            [[50000], [-1e9]],
            ["1970-01-03", "1970-01-01"],
        ),
        (Column("a", "category", ("x", "y", "z")), [[0.1, 0.9, 0.8], [5, 0, 0]], ["y", "x"]),
        (Column("a", "category", ("x", "y")), [[0.4], [0.6], [9]], ["x", "y", "y"]),
        (Column("a", "category", ("x",)), np.zeros((2, 0)), ["x", "x"]),
    ],
)
def test_what_comes_back_is_of_the_datas_kind_and_within_its_bounds(column, x, field):
    x = np.array(x, float)
    assert column.write(column.decode(x)) == field
    again = encode([column], column.decode(x)[:, None])
    assert column.write(decode([column], again)[:, 0]) == field
    told = json.loads(json.dumps([vars(column)]))
    assert from_json(told) == [column]


def test_a_tables_own_kinds_from_the_file_to_the_samples(table, tmp_path, capsys):
    rows = zip(
        RNG.integers(18, 80, 300), RNG.normal(70, 9, 300), RNG.choice(["ash", "elm", "oak"], 300), strict=True
    )
    text = ",age,weight,tree,unit\n" + "".join(f"{i},{a},{w:.1f},{t},kg\n" for i, (a, w, t) in enumerate(rows))
    table(text)
    settings = {"steps": 60, "generator": (16,), "discriminator": (16,), "frames": 2, "log_every": 20}
    recipe, data = plan(str(tmp_path / "t.csv"), None, settings)
    run = begin(recipe, tmp_path / "run", data=data)
    x = run.sample(200)
    for one in (run, mg.load(tmp_path / "run")):
        assert (one.sample(200) == x).all() and one.kinds == data.kinds
        assert not (one.sample(200, raw=True) == x).all()
    assert set(x[:, 2:5].ravel()) <= {0, 1} and (x[:, 2:5].sum(axis=1) == 1).all()
    from minigan.cli import main

    assert main(["sample", str(tmp_path / "run"), "-n", "50", "--out", str(tmp_path / "s.csv")]) == 0
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert lines[0] == "age,weight,tree,unit"
    for line in lines[1:]:
        age, weight, tree, unit = line.split(",")
        assert re.fullmatch(r"\d+", age) and re.fullmatch(r"\d+\.\d", weight) and unit == "kg"
        assert 18 <= int(age) <= 79 and tree in ("ash", "elm", "oak")
    assert main(["sample", str(tmp_path / "run"), "-n", "5", "--raw", "--out", str(tmp_path / "r.csv")]) == 0
    assert (tmp_path / "r.csv").read_text().startswith('"age","weight","tree=ash","tree=elm","tree=oak"\n')
    assert main(["evaluate", str(tmp_path / "run"), "-n", "100"]) == 0


# ---- in memory


class Frame:
    """As much of a DataFrame as the reader asks for."""

    def __init__(self, **columns):
        self.columns, self.own = list(columns), list(columns.values())
        self.iloc = self

    def __getitem__(self, key):
        return self.own[key[1]]

    def __len__(self):
        return len(self.own[0])


def test_a_dataframe_is_read_as_its_file_would_be(table):
    frame = Frame(
        a=np.array([1, 2, 4]),
        b=np.array([1.5, 2, np.nan]),
        c=["x", "y", "x"],
        d=[True, None, False],
        e=np.arange(3.0),
    )
    with pytest.raises(DataError, match=r"row 2, column 4 \('d'\) is a gap, of 2"):
        load_dataset(frame)
    data = load_dataset(frame, gaps="mean")
    assert data.columns == ["a", "b", "c", "d", "e"]
    assert values(data) == [[1, 1.5, 0, 1, 0], [2, 2, 1, 0, 1], [4, 1.8, 0, 0, 2]]


def test_lists_are_taken(table):
    assert load_dataset([[1, 2], [3, 4]]).x.tolist() == [[1, 2], [3, 4]]
