"""The list of words and its operators, as the panel and scripts use them; and the lane's geometry."""

import bpy
import numpy as np
import pytest
from lane_scene import live_words, register_parts, unregister_parts
from speaker import create_speaker

from chironomy_blender import word_lane, word_sliders
from chironomy_blender.scene import emphasis_edit, influence, layers
from chironomy_blender.word_lane import drawing, layout


@pytest.fixture
def armature():
    register_parts()
    yield live_words()
    unregister_parts()


def words():
    return bpy.context.scene.chironomy.words


def shown(armature):
    live = layers.live_take(armature)
    return np.float32(influence.sampled_influence(live.strips["Emphasis"], live.frames))


def test_a_slider_in_the_list_moves_the_curve(armature):
    before = shown(armature)
    words()[2].slider = 1.8
    assert emphasis_edit.sliders_of(armature)[2] == pytest.approx(1.8)
    assert shown(armature).max() == pytest.approx(1.8, abs=1e-5)
    words()[2].slider = words()[2].score
    assert np.array_equal(shown(armature), before)


def test_selected_words_move_together_by_the_same_amount(armature):
    for i in (2, 4, 8):
        words()[i].selected = True
    words()[2].slider = 1.2
    assert [round(words()[i].slider, 5) for i in (2, 4, 8)] == [1.2, 1.1, 0.9]
    assert words()[0].slider == pytest.approx(0.3)
    words()[0].slider = 0.5  # not one of them: moves alone
    assert words()[2].slider == pytest.approx(1.2)


def test_no_selected_slider_leaves_its_range(armature):
    for word in words():
        word.selected = True
    words()[2].slider = 2.0
    assert max(word.slider for word in words()) == 2.0
    words()[1].slider = 0.0
    assert min(word.slider for word in words()) == 0.0


def test_a_drawn_curve_moves_the_sliders_of_the_list(armature):
    curve = influence.influence_curve(layers.live_take(armature).strips["Emphasis"])
    frames = emphasis_edit.read_back(armature).stroke_of(4)
    for key in curve.keyframe_points:
        if 11 + frames.start <= key.co[0] < 11 + frames.stop:
            key.co[1] = 1.5
    curve.update()
    armature.update_tag()
    bpy.context.view_layer.update()
    assert words()[4].slider == pytest.approx(1.5)
    assert words()[2].slider == pytest.approx(0.9)


def test_words_of_another_take_or_none_leave_the_curve_alone(armature):
    before = shown(armature)
    words().remove(0)
    words()[0].slider = 2.0
    assert np.array_equal(shown(armature), before)
    create_speaker()
    word = words().add()
    word.slider = 1.0  # no character at all
    assert word_sliders.shaped_armature(bpy.context.scene) is None


def test_operators_work_without_a_window(armature):
    before = shown(armature)
    assert bpy.ops.chironomy.slider_set("EXEC_DEFAULT", word=2, value=1.7) == {"FINISHED"}
    assert words()[2].slider == pytest.approx(1.7)
    assert bpy.ops.chironomy.words_select(action="EMPHASISED") == {"FINISHED"}
    assert [word.text for word in words() if word.selected] == ["never", "everyone", "all", "again"]
    bpy.ops.chironomy.slider_set(selected=True, value=0.0)
    assert {word.slider for word in words() if word.selected} == {0.0}
    bpy.ops.chironomy.slider_reset(word=0)  # not selected: itself alone
    assert words()[2].slider == 0.0
    bpy.ops.chironomy.slider_reset(word=2)
    assert np.array_equal(shown(armature), before)
    bpy.ops.chironomy.slider_set(word=0, value=1.0)
    bpy.ops.chironomy.slider_set(word=2, value=1.0)
    bpy.ops.chironomy.curve_reset(which="SELECTED")
    assert [round(words()[i].slider, 5) for i in (0, 2)] == [1.0, 0.9]
    bpy.ops.chironomy.curve_simplify()
    bpy.ops.chironomy.curve_reset()
    assert np.array_equal(shown(armature), before)


def test_operators_say_why_they_cannot(armature):
    with pytest.raises(RuntimeError, match="There is no word 99"):
        bpy.ops.chironomy.slider_set(word=99, value=1.0)
    bpy.ops.chironomy.words_select(action="NONE")
    with pytest.raises(RuntimeError, match="No word is selected"):
        bpy.ops.chironomy.curve_reset(which="SELECTED")
    layers.remove_take(armature)
    with pytest.raises(RuntimeError, match="No take is under review"):
        bpy.ops.chironomy.curve_simplify()


def test_a_click_on_a_word_goes_to_its_frame(armature):
    bpy.ops.chironomy.word_jump(word=4)
    assert bpy.context.scene.frame_current == round(11 + (0.5 + 0.55 * 4) * 30)
    assert [word.selected for word in words()].count(True) == 1
    bpy.ops.chironomy.word_jump(word=6, extend="RANGE")
    assert [i for i, word in enumerate(words()) if word.selected] == [4, 5, 6]
    bpy.ops.chironomy.word_jump(word=5, extend="TOGGLE")
    assert [i for i, word in enumerate(words()) if word.selected] == [4, 6]


def test_each_operator_is_one_undo_step_and_takes_the_list_along(armature):
    bpy.ops.ed.undo_push(message="before")
    before = shown(armature)
    bpy.ops.chironomy.slider_set("EXEC_DEFAULT", True, word=2, value=1.7)
    moved = shown(bpy.data.objects["Speaker"])
    bpy.ops.ed.undo()
    assert np.array_equal(shown(bpy.data.objects["Speaker"]), before)
    assert words()[2].slider == pytest.approx(0.9)
    bpy.ops.ed.redo()
    assert np.array_equal(shown(bpy.data.objects["Speaker"]), moved)
    assert words()[2].slider == pytest.approx(1.7)


def test_switched_off_the_lane_leaves_nothing_behind(armature):
    settings = bpy.context.scene.chironomy
    assert drawing._handles
    settings.word_lane = False
    assert not drawing._handles
    assert not word_lane._keymap_items
    settings.word_lane = True
    assert len(drawing._handles) == 3


def test_lane_and_filter_are_as_the_file_was_saved(armature, tmp_path):
    settings = bpy.context.scene.chironomy
    settings.word_lane, settings.only_emphasised = False, True
    path = str(tmp_path / "lane.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert drawing._handles, "a new file shows the lane"
    bpy.ops.wm.open_mainfile(filepath=path)
    assert not drawing._handles
    assert bpy.context.scene.chironomy.only_emphasised


def test_undo_switches_the_lane_back(armature):
    bpy.ops.ed.undo_push(message="on")
    bpy.context.scene.chironomy.word_lane = False
    bpy.ops.ed.undo_push(message="off")
    bpy.ops.ed.undo()
    assert drawing._handles


def word(first, last, emphasis=1.0, index=0):
    return layout.Word(index, first, last, emphasis, "word", False)


def test_only_words_in_view_are_laid_out():
    found = layout.boxes([word(-50, -10), word(-5, 5), word(90, 110), word(101, 120)], lambda f: f * 10, 1000, 300)
    assert [box.word.first_frame for box in found] == [-5, 90]


def test_a_box_is_as_high_as_the_emphasis_and_stands_above_the_markers():
    half, full = layout.boxes([word(0, 10, 1.0), word(20, 30, 2.0)], lambda f: f * 10, 1000, 300)
    assert half.bottom == full.bottom == layout.MARKER_BAND
    assert full.top == full.ceiling
    assert (full.top - full.bottom) == pytest.approx(2 * (half.top - half.bottom))


def test_low_regions_show_thin_ticks_that_take_no_clicks():
    (tick,) = layout.boxes([word(10, 30)], lambda f: f * 10, 1000, 33)
    assert tick.right - tick.left <= 2
    assert layout.box_at([tick], tick.left + 1, tick.bottom + 1, 33) is None


def test_clicks_beside_the_boxes_belong_to_the_editor():
    found = layout.boxes([word(0, 10, 0.5), word(20, 30, 2.0)], lambda f: f * 10, 1000, 300)
    assert layout.box_at(found, 50, found[0].bottom + 2, 300) == found[0]
    for x, y in ((150, 60), (50, 20), (50, 95), (250, 150)):
        assert layout.box_at(found, x, y, 300) is None


def test_a_drag_over_the_lanes_height_is_the_sliders_range():
    bottom, ceiling = layout.lane(300)
    assert layout.emphasis_after(0.0, ceiling - bottom, 300, 1.0, False, False) == pytest.approx(2.0)
    assert layout.emphasis_after(0.52, 0, 300, 1.0, False, True) == pytest.approx(0.5)
